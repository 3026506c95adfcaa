-- The lines of a bill in order. Leans on: bill_lines' key.
select code, trim_scale(qty)::text, unit, trim_scale(price)::text, to_char(amount, 'FM999999999999990.0099'), payee
from bill_lines where bill_id = $1 order by n
