//! `poort membership`: who belongs to which organisation, as what.

use clap::{Subcommand, ValueEnum};
use domain::{MailLinkId, MembershipId};
use serde_json::{Map, json};

use super::client::Stretch;
use super::column::{Column, Shape, plain, shaped};
use super::context::Context;
use super::failure::Attempt;
use super::texts::Text;

/// What to do with memberships.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// List the memberships of a person
    List {
        /// Id or mail address
        person: String,
        #[command(flatten)]
        #[allow(missing_docs)]
        stretch: Stretch,
    },
    /// Make a person a member of an organisation
    Add {
        /// Id or mail address
        person: String,
        /// Id or name
        organisation: String,
        /// As what; may be given more than once
        #[arg(long = "role", value_name = "ROLE", default_value = "member")]
        roles: Vec<RoleName>,
    },
    /// Invite somebody by mail to become a member, or once more
    Invite {
        /// Id or name
        organisation: String,
        /// Mail address
        email: String,
        /// As what; may be given more than once
        #[arg(long = "role", value_name = "ROLE", default_value = "member")]
        roles: Vec<RoleName>,
    },
    /// List the invitations that nobody has accepted
    Invitations {
        /// Id or name
        organisation: String,
        #[command(flatten)]
        #[allow(missing_docs)]
        stretch: Stretch,
    },
    /// Withdraw an invitation
    Withdraw {
        /// The invitation's id
        id: MailLinkId,
    },
    /// Set the roles of a member
    Roles {
        /// The membership's id
        id: MembershipId,
        /// As what; may be given more than once
        #[arg(long = "role", value_name = "ROLE", required = true)]
        roles: Vec<RoleName>,
    },
    /// Move a member to another organisation, tokens and all
    Move {
        /// The membership's id
        id: MembershipId,
        /// Id or name of the other organisation
        organisation: String,
        /// As what there; as now when not given
        #[arg(long = "role", value_name = "ROLE")]
        roles: Vec<RoleName>,
    },
    /// End a membership and its tokens
    Remove {
        /// The membership's id
        id: MembershipId,
    },
}

/// A role, as it is written on the command line and in the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum RoleName {
    /// Manages the organisation and its members
    Owner,
    /// Manages its keys and tokens
    KeyManager,
    /// Manages its projects and delegations
    ProjectManager,
    /// Belongs to it
    Member,
    /// Reads its audit log
    AuditReader,
}

/// The columns of a membership.
pub(super) const COLUMNS: [Column; 5] = [
    plain("id", Text::ColumnId),
    plain("person", Text::ColumnPerson),
    plain("organisation", Text::ColumnOrganisation),
    shaped("roles", Text::ColumnRoles, Shape::Names),
    shaped("created_at", Text::ColumnCreated, Shape::Time),
];

/// The columns of an invitation.
const INVITATION: [Column; 5] = [
    plain("id", Text::ColumnId),
    plain("email", Text::ColumnEmail),
    shaped("roles", Text::ColumnRoles, Shape::Names),
    shaped("sent_at", Text::ColumnSent, Shape::Time),
    shaped("expires_at", Text::ColumnExpires, Shape::Time),
];

/// The roles' names on the wire.
pub(super) fn names(roles: &[RoleName]) -> Vec<String> {
    roles.iter().filter_map(|role| role.to_possible_value()).map(|value| value.get_name().to_owned()).collect()
}

/// Carries it out.
pub(super) fn run(verb: &Verb, context: &mut Context<'_>) -> Attempt<()> {
    match verb {
        Verb::List { person, stretch } => {
            let person = context.person(person)?;
            context.list(&["people", &person, "memberships"], &[], stretch, &COLUMNS)
        }
        Verb::Add { person, organisation, roles } => {
            let (person, organisation) = (context.person(person)?, context.organisation(organisation)?);
            let body = json!({ "organisation": organisation, "roles": names(roles) });
            let answer = context.post(&["people", &person, "memberships"], body)?;
            context.made(&answer, &COLUMNS, Text::Created)
        }
        Verb::Invite { organisation, email, roles } => {
            let organisation = context.organisation(organisation)?;
            let body = json!({ "email": email, "roles": names(roles) });
            let answer = context.post(&["organisations", &organisation, "invitations"], body)?;
            context.made(&answer, &INVITATION, Text::Invited)
        }
        Verb::Invitations { organisation, stretch } => {
            let organisation = context.organisation(organisation)?;
            context.list(&["organisations", &organisation, "invitations"], &[], stretch, &INVITATION)
        }
        Verb::Withdraw { id } => {
            let answer = context.client.delete(&["invitations", &id.to_string()])?;
            context.done(&answer, Text::Withdrawn)
        }
        Verb::Roles { id, roles } => {
            let answer = context.patch(&["memberships", &id.to_string()], json!({ "roles": names(roles) }))?;
            context.made(&answer, &COLUMNS, Text::Changed)
        }
        Verb::Move { id, organisation, roles } => {
            let mut body = Map::from_iter([("organisation".to_owned(), context.organisation(organisation)?.into())]);
            if !roles.is_empty() {
                body.insert("roles".to_owned(), json!(names(roles)));
            }
            let answer = context.post(&["memberships", &id.to_string(), "moves"], body.into())?;
            context.made(&answer, &COLUMNS, Text::Changed)
        }
        Verb::Remove { id } => {
            let id = id.to_string();
            context.confirm(Text::AskRemoveMembership, &["memberships", &id], "")?;
            let answer = context.client.delete(&["memberships", &id])?;
            context.done(&answer, Text::Removed)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_have_the_names_of_the_domain() {
        let here = names(RoleName::value_variants());
        let there: Vec<String> = domain::person::ROLES
            .iter()
            .map(|role| serde_json::to_value(role).expect("JSON").as_str().expect("a name").to_owned())
            .collect();
        assert_eq!(here, there);
    }
}
