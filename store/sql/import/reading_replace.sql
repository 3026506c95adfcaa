-- The given values in the place of the stored ones: a correction, kept with what stood there before. 6: a file.
select replace_by_correction(array_agg(meter_id), array_agg(register_id), array_agg(time), array_agg(value), array_agg(quality),
                             6::smallint, $1, $2)
from other_values
