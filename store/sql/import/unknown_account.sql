-- Which rows name an account that there is not, and which account was perhaps meant?
-- A number that lost its leading zeros is looked for among the shorter forms. Leans on accounts (account_no).
select i.row_no, 'account_no', i.account_no, 'unknown',
       (select a.account_no from accounts a
        where a.account_no like '0%' and ltrim(a.account_no, '0') = ltrim(i.account_no, '0') limit 1)
from incoming i
where not exists (select 1 from accounts a where a.account_no = i.account_no)
