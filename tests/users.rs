//! Who may do what, asked through the program.

mod support;

use support::Program;

#[tokio::test]
async fn a_role_permits_and_a_disabled_user_does_nothing() {
    let Some(program) = Program::new().await else { return };
    program.done(&["user", "add", "root", "--role", "admin"]);
    program.done(&["user", "add", "li", "--role", "clerk", "--as", "root"]);
    program.write("accounts.csv", "account_no,name,opened_on\n1,A,2020-01-01\n");
    let import = |name: &str| program.run(&["import", "accounts", "accounts.csv", "--as", name]);

    let refused = program.run(&["user", "add", "eve", "--role", "admin", "--as", "li"]);
    assert!(
        refused.code == 1 && refused.stderr.contains("clerk") && refused.stderr.contains("admin"),
        "{refused:?}"
    );
    assert_eq!(program.run(&["user", "add", "li", "--role", "admin", "--as", "root"]).code, 1);
    assert_eq!(program.run(&["user", "add", "Li Wei", "--role", "clerk", "--as", "root"]).code, 1);
    assert_eq!(program.run(&["user", "add", "wang", "--role", "king"]).code, 2);

    assert!(import("nobody").stderr.contains("nobody"));
    assert_eq!(import("li").code, 0);
    program.done(&["user", "disable", "li", "--as", "root"]);
    assert_eq!(import("li").code, 1);
    let client = program.database.owner().await;
    let trail: Vec<String> = client
        .query("select who || ' ' || action || ' ' || subject from audit order by id", &[])
        .await
        .unwrap()
        .iter()
        .map(|row| row.get(0))
        .collect();
    assert_eq!(
        trail,
        [
            "os:machine user.add root",
            "root user.add li",
            "li import.accounts accounts.csv",
            "root user.disable li"
        ]
    );
    assert!(client.execute("delete from audit", &[]).await.is_err(), "the audit is append only");
}

#[tokio::test]
async fn a_password_is_kept_as_its_hash_and_opens_the_console() {
    let Some(program) = Program::new().await else { return };
    program.done(&["user", "add", "li", "--role", "clerk"]);
    let mut client = program.database.owner().await;
    let by = store::users::actor(&client, None, "machine", store::Action::ManageUsers).await.unwrap();
    assert!(store::users::set_password(&mut client, "li", "short", &by).await.is_err());
    store::users::set_password(&mut client, "li", "correct horse", &by).await.unwrap();
    assert!(store::users::sign_in(&client, "li", "correct horse").await.unwrap().is_some());
    assert!(store::users::sign_in(&client, "li", "wrong horse").await.unwrap().is_none());
    assert!(store::users::sign_in(&client, "nobody", "correct horse").await.unwrap().is_none());
    let hash: String = client.query_one("select password_hash from users", &[]).await.unwrap().get(0);
    assert!(hash.starts_with("$argon2id$") && !hash.contains("horse"));
    store::users::disable(&mut client, "li", &by).await.unwrap();
    assert!(store::users::sign_in(&client, "li", "correct horse").await.unwrap().is_none());
}
