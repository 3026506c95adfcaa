-- Known meters with another content. What has been billed from (medium, service, multiplier, opening) stays.
update meters t set maker = coalesce(i.maker, t.maker), model = coalesce(i.model, t.model),
  protocol = coalesce(i.protocol, t.protocol), address = coalesce(i.address, t.address),
  size_mm = coalesce(i.size_mm, t.size_mm), parent_id = coalesce(p.id, t.parent_id)
from incoming i left join meters p on p.serial = i.parent_serial
where t.serial = i.serial and i.row_no in (select row_no from differing);
update meter_registers d set digits = i.digits
from incoming i join meters t using (serial) join registers g on g.name = i.register
where d.meter_id = t.id and d.register_id = g.id and i.row_no in (select row_no from differing where col = 'digits');
update installations n set during = tstzrange(lower(n.during), i.removed_at)
from incoming i join meters t using (serial)
where n.meter_id = t.id and lower(n.during) = i.installed_at
  and i.row_no in (select row_no from differing where col = 'removed_at');
update installation_registers x set closing = i.closing
from incoming i join meters t using (serial) join installations n on n.meter_id = t.id and lower(n.during) = i.installed_at
join registers g on g.name = i.register
where x.installation_id = n.id and x.register_id = g.id
  and i.row_no in (select row_no from differing where col = 'closing')
