//! The demonstration's data: workspaces with their entities and data processings.

use std::time::Duration;

use domain::OrganisationId;

use super::answer::Failure;
use super::area::Area;
use super::data_processing::DataProcessing;
use super::workspace::{self, WorkspaceSettings};
use super::{Privacy, tenant};

/// A workspace of the demonstration.
#[derive(Debug, Clone)]
pub struct DemoWorkspace {
    /// Its number.
    pub number: i32,
    /// What it has been given.
    pub settings: WorkspaceSettings,
    /// Its entity, if it has one.
    pub entity: Option<&'static str>,
    /// Its data processings.
    pub processings: &'static [DemoProcessing],
}

/// A data processing of the demonstration.
#[derive(Debug, Clone, Copy)]
pub struct DemoProcessing {
    /// The organisation's own reference.
    pub reference: &'static str,
    /// Its name.
    pub label: &'static str,
    /// What is done with which data.
    pub description: &'static str,
    /// `Active`, `Draft` or `Archived`.
    pub state: &'static str,
}

/// Writes workspaces; one that is there already stays as it is.
pub(super) async fn write(portal: &Privacy, organisation: OrganisationId, workspaces: Vec<DemoWorkspace>) -> Result<(), Failure> {
    tenant::number(portal, organisation).await?;
    for demo in workspaces {
        let ids = demo.processings.iter().map(|_| portal.drawn_id()).collect::<Result<Vec<_>, _>>()?;
        let now = portal.clock.now();
        let written = portal.database().write(move |tx| {
            if !workspace::seed(tx, demo.number, demo.settings)? {
                return Ok(());
            }
            let entity = |label: &str| {
                let (label, country_code) = (label.to_owned(), Some("NL".to_owned()));
                let area = Area { kind: "Entity", parent: None, reference: None, label, description: None, city: None, country_code };
                area.insert(tx, demo.number)
            };
            let area = demo.entity.map(entity).transpose()?;
            for (place, (id, processing)) in (0..).zip(ids.iter().zip(demo.processings)) {
                let DemoProcessing { reference, label, description, state } = processing;
                let processing = DataProcessing {
                    area,
                    reference: Some((*reference).to_owned()),
                    label: (*label).to_owned(),
                    description: Some((*description).to_owned()),
                    state,
                    processing_state: "InProduction",
                    processing_type: "Default",
                };
                // One after the other, so that they are listed in their order.
                processing.insert(tx, demo.number, (id, now.saturating_add(Duration::from_micros(place))))?;
            }
            Ok(())
        });
        written.await?;
    }
    Ok(())
}
