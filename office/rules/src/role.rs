//! Which role of the staff pages may open and do what.

/// What an account is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Takes applications at a window.
    Window,
    /// Shows people the way in the hall.
    Guide,
    /// Approves, and puts results into the lockers.
    BackRoom,
    /// Helps whoever cannot manage alone.
    HelpDesk,
    Admin,
}

impl Role {
    pub const ALL: [Self; 5] =
        [Self::Window, Self::Guide, Self::BackRoom, Self::HelpDesk, Self::Admin];

    pub fn may(self, right: Right) -> bool {
        right.roles().contains(&self)
    }
}

/// A page with everything that hangs on it, or an action. The home page is everybody's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    /// Applications with their timeline and the custody of their result.
    Cases,
    /// What lies in the lockers, and its whole way.
    Deliveries,
    Appointments,
    /// The outbox, codes hidden.
    Notifications,
    /// One message of the outbox with its pickup code.
    RevealCode,
    /// Kiosks, their devices and the calls for help.
    Kiosks,
    AnswerHelp,
    /// What kiosks reported that cannot be true, and saying that it was cleared up.
    Rejected,
    /// Who looked at and did what.
    Audit,
}

impl Right {
    /// Who has it. Nobody has more than their work asks for.
    pub fn roles(self) -> &'static [Role] {
        use Role as R;
        match self {
            Self::Cases => &[R::Window, R::BackRoom, R::Admin],
            Self::Deliveries => &[R::BackRoom, R::Admin],
            Self::Appointments => &[R::Window, R::Guide, R::Admin],
            Self::Notifications | Self::RevealCode => &[R::HelpDesk, R::Admin],
            Self::Kiosks | Self::AnswerHelp => &[R::Guide, R::HelpDesk, R::Admin],
            Self::Rejected | Self::Audit => &[R::Admin],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RIGHTS: [Right; 9] = [
        Right::Cases,
        Right::Deliveries,
        Right::Appointments,
        Right::Notifications,
        Right::RevealCode,
        Right::Kiosks,
        Right::AnswerHelp,
        Right::Rejected,
        Right::Audit,
    ];

    #[test]
    fn every_role_has_work_and_the_admin_has_all_of_it() {
        for role in Role::ALL {
            assert!(RIGHTS.into_iter().any(|it| role.may(it)), "{role:?} can do nothing");
        }
        assert!(RIGHTS.into_iter().all(|it| Role::Admin.may(it)));
    }

    #[test]
    fn an_action_needs_the_page_it_is_on() {
        for (action, page) in
            [(Right::RevealCode, Right::Notifications), (Right::AnswerHelp, Right::Kiosks)]
        {
            assert!(action.roles().iter().all(|it| it.may(page)), "{action:?}");
        }
    }

    #[test]
    fn only_the_admin_sees_who_looked_at_what() {
        assert_eq!(Right::Audit.roles(), [Role::Admin]);
        assert_eq!(Right::Rejected.roles(), [Role::Admin]);
    }

    #[test]
    fn no_other_role_sees_both_cases_and_pickup_codes() {
        let both = |it: &Role| it.may(Right::Cases) && it.may(Right::RevealCode);
        assert_eq!(Role::ALL.into_iter().filter(both).collect::<Vec<_>>(), [Role::Admin]);
    }
}
