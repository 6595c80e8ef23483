//! The roles of a shared service.

use crate::policy::{Denied, Policy, Principal, Request, Right};
use lockkeeper_model::Identifier;
use std::collections::HashMap;

/// What a principal is, as Confluent names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Role {
    /// Manages everything in the organization.
    OrganizationAdmin,
    /// Manages everything in an environment.
    EnvironmentAdmin,
    /// Manages the connections of an environment.
    FlinkAdmin,
    /// Lists, describes and uses the connections of an environment.
    FlinkDeveloper,
}

/// Where a role holds. An environment is a catalog.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// In all catalogs.
    Organization,
    /// In one catalog.
    Environment(Identifier),
}

/// A role that a principal has somewhere.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RoleBinding {
    /// Who.
    pub principal: Principal,
    /// What.
    pub role: Role,
    /// Where.
    pub scope: Scope,
}

/// Decides by role bindings; whoever has none may do nothing.
#[derive(Clone, Debug, Default)]
pub struct RolePolicy {
    bindings: HashMap<Principal, Vec<(Role, Scope)>>,
}

impl RolePolicy {
    /// A policy of these bindings.
    pub fn new(bindings: impl IntoIterator<Item = RoleBinding>) -> Self {
        let mut policy = Self::default();
        for RoleBinding { principal, role, scope } in bindings {
            policy.bindings.entry(principal).or_default().push((role, scope));
        }
        policy
    }
}

impl Role {
    /// Whether the role gives a right.
    pub const fn gives(self, right: Right) -> bool {
        match self {
            Self::OrganizationAdmin | Self::EnvironmentAdmin | Self::FlinkAdmin => true,
            Self::FlinkDeveloper => match right {
                Right::View | Right::Use => true,
                Right::Manage => false,
            },
        }
    }
}

impl Scope {
    /// Whether something in this catalog is within the scope; what is in no catalog is only seen, by everyone who
    /// has a role at all, and answers are filtered.
    fn covers(&self, catalog: Option<&Identifier>, right: Right) -> bool {
        match (self, catalog) {
            (Self::Organization, _) => true,
            (Self::Environment(own), Some(catalog)) => own == catalog,
            (Self::Environment(_), None) => right == Right::View,
        }
    }
}

impl Policy for RolePolicy {
    fn check(&self, principal: &Principal, request: &Request<'_>) -> Result<(), Denied> {
        let right = request.action.right();
        let bindings = self.bindings.get(principal).map_or(&[][..], Vec::as_slice);
        match bindings.iter().any(|(role, scope)| role.gives(right) && scope.covers(request.catalog, right)) {
            true => Ok(()),
            false => Err(Denied { right }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Action;

    /// One line per role, one column per action: `x` is allowed, `.` is denied.
    #[test]
    fn the_table_of_roles() {
        let here = Identifier::new("here").unwrap();
        let there = Identifier::new("there").unwrap();
        let cases = [
            ("organization admin", Some((Role::OrganizationAdmin, Scope::Organization))),
            ("environment admin", Some((Role::EnvironmentAdmin, Scope::Environment(here.clone())))),
            ("flink admin", Some((Role::FlinkAdmin, Scope::Environment(here.clone())))),
            ("flink developer", Some((Role::FlinkDeveloper, Scope::Environment(here.clone())))),
            ("nobody", None),
        ];
        let mut table = String::new();
        for (name, binding) in cases {
            let principal = Principal::new("someone");
            let policy = RolePolicy::new(binding.map(|(role, scope)| RoleBinding {
                principal: principal.clone(),
                role,
                scope,
            }));
            for (place, catalog) in [("here", &here), ("there", &there)] {
                let row: String = Action::ALL
                    .into_iter()
                    .map(|action| Request { action, catalog: Some(catalog), database: None })
                    .map(|request| if policy.check(&principal, &request).is_ok() { 'x' } else { '.' })
                    .collect();
                table += &format!("{name:<18} {place:<5} {row}\n");
            }
        }
        insta::assert_snapshot!(table, @r"
        organization admin here  xxxxxxxxx
        organization admin there xxxxxxxxx
        environment admin  here  xxxxxxxxx
        environment admin  there .........
        flink admin        here  xxxxxxxxx
        flink admin        there .........
        flink developer    here  ...x..xxx
        flink developer    there .........
        nobody             here  .........
        nobody             there .........
        ");
    }
}
