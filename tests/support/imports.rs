//! Files that are imported, what is said of them, and a small utility made of them.

use serde_json::Value;

use super::Program;

pub const AREAS: &str = "code,name,parent\nE01,East 1,E\nE,East,\n";
pub const BOOKS: &str = "code,name,service,cycle,reader,due_days\nW1,Book 1,water,monthly,Li,15\n";
pub const ACCOUNTS: &str =
    "account_no,name,opened_on\n0000000001,Zhang,2020-01-01\n0000000002,Li,2020-01-01\n";
pub const SERVICES: &str = "service_no,account_no,service,area,address,use_class,tariff,book,from\n\
                        S1,0000000001,water,E01,East Street 1,residential,W-RES,W1,2024-01-01\n\
                        S2,0000000002,water,E01,,residential,W-RES,W1,2024-01-01\n";
pub const METERS: &str = "serial,medium,service_no,installed_at,register,digits,opening,protocol,address\n\
                      000000000001,water,S1,2024-01-01,8-0:1.0.0,5,0,cjt188,00000000000001\n\
                      000000000002,water,S2,2024-01-01,8-0:1.0.0,5,12.5,cjt188,00000000000002\n";
pub const READINGS: &str =
    "serial,time,value\n000000000001,2026-10-01,123.456\n000000000002,2026-10-01 08:00,99\n";

impl Program {
    /// A small utility.
    pub async fn utility() -> Option<Self> {
        let program = Self::new().await?;
        for (kind, text) in [
            ("areas", AREAS),
            ("books", BOOKS),
            ("accounts", ACCOUNTS),
            ("services", SERVICES),
            ("meters", METERS),
            ("readings", READINGS),
        ] {
            program.taken(kind, text, &[]);
        }
        Some(program)
    }

    /// Imports a file that is taken; new, changed, unchanged.
    pub fn taken(&self, kind: &str, text: impl AsRef<[u8]>, options: &[&str]) -> (u64, u64, u64) {
        self.write("file.csv", text);
        let words = [&["import", kind, "file.csv", "--format", "json"], options].concat();
        let answer: Value = serde_json::from_str(&self.done(&words)).unwrap();
        let count = |key: &str| answer[key].as_u64().unwrap();
        (count("new"), count("changed"), count("unchanged"))
    }

    /// Imports a file that is refused; row, column, value, rule of each error.
    pub fn refused(
        &self,
        kind: &str,
        text: impl AsRef<[u8]>,
        options: &[&str],
    ) -> Vec<(u64, String, String, String)> {
        self.write("file.csv", text);
        let words = [&["import", kind, "file.csv", "--format", "json"], options].concat();
        let ended = self.run(&words);
        assert_eq!(ended.code, 1, "{ended:?}");
        let answer: Value = serde_json::from_str(&ended.stdout).unwrap();
        let word = |error: &Value, key: &str| error[key].as_str().unwrap().to_owned();
        answer["errors"]
            .as_array()
            .unwrap()
            .iter()
            .map(|error| {
                assert!(!word(error, "message").is_empty());
                (
                    error["row"].as_u64().unwrap(),
                    word(error, "column"),
                    word(error, "value"),
                    word(error, "rule"),
                )
            })
            .collect()
    }

    /// A number of the database.
    pub async fn number(&self, sql: &str) -> i64 {
        self.database.owner().await.query_one(sql, &[]).await.unwrap().get(0)
    }

    /// A text of the database.
    pub async fn text(&self, sql: &str) -> String {
        self.database.owner().await.query_one(sql, &[]).await.unwrap().get(0)
    }
}

/// An error as [`Program::refused`] tells it.
pub fn error(row: u64, column: &str, value: &str, rule: &str) -> (u64, String, String, String) {
    (row, column.to_owned(), value.to_owned(), rule.to_owned())
}
