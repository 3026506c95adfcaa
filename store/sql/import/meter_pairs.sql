-- What a file says of a known register of a known installation, and what is stored. Indexes as plain decimals.
('maker', i.maker, t.maker),
('medium', i.medium, t.medium),
('model', i.model, t.model),
('protocol', i.protocol, t.protocol),
('address', i.address, t.address),
('size_mm', i.size_mm::text, t.size_mm::text),
('parent_serial', i.parent_serial, p.serial),
('service_no', i.service_no, coalesce(
   (select s.service_no from points s where s.meter_point_id = n.meter_point_id and s.service_no = i.service_no),
   (select a.service_no from agreement_points y join agreements a on a.id = y.agreement_id
    where y.meter_point_id = n.meter_point_id order by lower(y.during) desc limit 1))),
('removed_at', i.removed_at::text, upper(n.during)::text),
('multiplier', trim_scale(i.multiplier::numeric)::text, trim_scale(n.multiplier)::text),
('digits', i.digits::text, w.digits::text),
('unit', i.shown_unit, coalesce(w.unit, g.unit)),
('opening', trim_scale(i.opening / 1000000::numeric)::text, trim_scale(x.opening / 1000000::numeric)::text),
('closing', trim_scale(i.closing / 1000000::numeric)::text, trim_scale(x.closing / 1000000::numeric)::text)
