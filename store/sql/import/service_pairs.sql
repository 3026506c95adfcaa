-- What a file says of a known agreement and what is stored. The dated facts are compared on the agreement's first
-- day: what became of them later is no contradiction. Leans on attributes_agreement.
('account_no', i.account_no, a.account_no),
('service', i.service, t.service),
('company', i.company, c.code),
('area', i.area, r.code),
('address', i.address, p.address),
('settlement', i.settlement, t.settlement),
('from', i.from_on::text, lower(t.during)::text),
('to', i.to_on::text, upper(t.during)::text),
('use_class', i.use_class, (select x.value from attributes x where x.agreement_id = t.id and x.name = 'use_class'
                            and x.superseded_at is null and x.during @> lower(t.during))),
('tariff', i.tariff, (select x.value from attributes x where x.agreement_id = t.id and x.name = 'tariff'
                      and x.superseded_at is null and x.during @> lower(t.during))),
('book', i.book, (select x.value from attributes x where x.agreement_id = t.id and x.name = 'book'
                  and x.superseded_at is null and x.during @> lower(t.during)))
