//! What can be done, and which role may do it: the whole matrix, in one place.

use metering::closed_list;
use store::UserRole;

closed_list! {
    /// A deed: the name of its audit rows and the label of its metrics.
    pub enum Action: "action" {
        /// Add a user.
        AddUser = "user.add",
        /// Give a user another role.
        ChangeRole = "user.role",
        /// Set or change a password.
        SetPassword = "user.passwd",
        /// Take every right from a user.
        DisableUser = "user.disable",
        /// Give a disabled user their role again.
        EnableUser = "user.enable",
        /// Begin a session.
        SignIn = "user.login",
        /// End a session.
        SignOut = "user.logout",
        /// Publish a tariff.
        PublishTariff = "tariff.publish",
        /// Publish a policy.
        PublishPolicy = "policy.publish",
        /// Import companies.
        ImportCompanies = "import.companies",
        /// Import areas.
        ImportAreas = "import.areas",
        /// Import books.
        ImportBooks = "import.books",
        /// Import accounts.
        ImportAccounts = "import.accounts",
        /// Import agreements.
        ImportServices = "import.services",
        /// Import dated facts.
        ImportAttributes = "import.attributes",
        /// Import what was open when the program took over.
        ImportOpenings = "import.openings",
        /// Import meters and installations.
        ImportMeters = "import.meters",
        /// Import polled lines.
        ImportLines = "import.lines",
        /// Import devices on polled lines.
        ImportDevices = "import.devices",
        /// Import readings.
        ImportReadings = "import.readings",
        /// Import readings that take the place of stored ones.
        ReplaceReadings = "import.readings.update",
        /// Import payments of a channel.
        ImportPayments = "import.payments",
        /// Keep the stored value of a conflict.
        KeepReading = "conflict.keep",
        /// Put the other value of a conflict in the place of the stored one.
        ReplaceReading = "conflict.replace",
        /// Let rejected frames pass through the pipeline again.
        ReplayRejections = "rejection.replay",
        /// Acknowledge an alarm.
        AcknowledgeAlarm = "alarm.acknowledge",
        /// Start a bill run.
        StartRun = "run.freeze",
        /// Approve a run, or a cancellation, that another person started.
        ApproveRun = "run.approve",
        /// Issue an approved run.
        IssueRun = "run.issue",
        /// Give a run up.
        AbortRun = "run.abort",
        /// Propose to cancel a bill.
        CancelBill = "bill.cancel",
        /// Take a payment or a deposit.
        TakePayment = "payment.take",
        /// Give prepaid money back.
        Refund = "payment.refund",
        /// Take a payment back.
        ReversePayment = "payment.reverse",
        /// Close a month.
        CloseMonth = "month.close",
        /// Try a failed job again.
        RetryJob = "job.retry",
        /// Put a job on the queue.
        RunJob = "job.run",
    }
}

/// Whether someone must say who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signed {
    /// By a known user, always: money that goes out, and decisions.
    Person,
    /// By a known user, else by the operating system's account (`os:NAME`): what a machine does at night.
    PersonOrMachine,
    /// By a known user; by the operating system's account only as long as no administrator is active, so that there can
    /// be a first one.
    PersonOnceKept,
}

impl Action {
    /// The roles that may do it, and how it is signed. No roles: everybody who has proven who they are.
    pub const fn rule(self) -> (&'static [UserRole], Signed) {
        use Signed::{Person, PersonOnceKept, PersonOrMachine};
        use UserRole::{Admin, Cashier, Clerk, Operator, Supervisor};
        match self {
            Self::AddUser | Self::ChangeRole | Self::SetPassword | Self::DisableUser | Self::EnableUser => {
                (&[Admin], PersonOnceKept)
            }
            Self::SignIn | Self::SignOut => (&[], Person),
            Self::ImportCompanies
            | Self::ImportAreas
            | Self::ImportBooks
            | Self::ImportAccounts
            | Self::ImportServices
            | Self::ImportAttributes
            | Self::ImportOpenings => (&[Clerk, Supervisor, Admin], PersonOrMachine),
            Self::ImportMeters | Self::ImportLines | Self::ImportDevices | Self::ImportReadings => {
                (&[Clerk, Supervisor, Operator, Admin], PersonOrMachine)
            }
            Self::ReplaceReadings | Self::KeepReading | Self::ReplaceReading => (&[Supervisor], Person),
            Self::ReplayRejections | Self::RetryJob | Self::RunJob => {
                (&[Operator, Supervisor, Admin], PersonOrMachine)
            }
            Self::AcknowledgeAlarm => (&[Operator, Clerk, Supervisor, Admin], Person),
            // A document is published only if its examples come out; what it bills is approved by another person.
            Self::PublishTariff
            | Self::PublishPolicy
            | Self::StartRun
            | Self::IssueRun
            | Self::AbortRun
            | Self::CancelBill => (&[Clerk, Supervisor, Admin], Person),
            Self::ApproveRun | Self::CloseMonth => (&[Supervisor, Admin], Person),
            Self::TakePayment | Self::ImportPayments => {
                (&[Cashier, Clerk, Supervisor, Admin], PersonOrMachine)
            }
            Self::Refund | Self::ReversePayment => (&[Cashier, Supervisor, Admin], Person),
        }
    }

    /// Whether a user of that role may do it.
    pub fn is_permitted_to(self, role: UserRole) -> bool {
        let roles = self.rule().0;
        roles.is_empty() || roles.contains(&role)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn may(role: UserRole, action: Action) -> bool {
        action.is_permitted_to(role)
    }

    #[test]
    fn an_auditor_changes_nothing() {
        let deeds = Action::ALL.iter().filter(|action| may(UserRole::Auditor, **action));
        assert_eq!(deeds.collect::<Vec<_>>(), [&Action::SignIn, &Action::SignOut]);
    }

    #[test]
    fn every_action_is_somebodys() {
        assert!(Action::ALL.iter().all(|action| UserRole::ALL.iter().any(|role| may(*role, *action))));
    }

    #[test]
    fn who_starts_a_run_cannot_be_given_its_approval_by_the_role_alone() {
        assert!(may(UserRole::Clerk, Action::StartRun) && !may(UserRole::Clerk, Action::ApproveRun));
        assert!(!may(UserRole::Cashier, Action::StartRun) && may(UserRole::Cashier, Action::TakePayment));
        assert!(!may(UserRole::Admin, Action::ReplaceReading));
    }

    #[test]
    fn money_that_goes_out_and_decisions_carry_a_persons_name() {
        for action in [
            Action::Refund,
            Action::ReversePayment,
            Action::ReplaceReading,
            Action::ReplaceReadings,
            Action::ApproveRun,
            Action::IssueRun,
            Action::CancelBill,
        ] {
            assert_eq!(action.rule().1, Signed::Person, "{action}");
        }
    }
}
