//! Command-line options that grant capabilities, from the table of capabilities.

use clap::{Arg, ArgAction, ArgMatches, Args, Command, Error, FromArgMatches, value_parser};
use jeton_client::{
    Capabilities, Capability, CapabilityPatch,
    capability::{GrantedBy, Row},
};

use crate::complete;

/// An option for each capability that a storage token may grant.
#[derive(Debug)]
pub struct Granted(pub Capabilities);

/// An option for each capability that only a manage token may grant. They need `--project`.
#[derive(Debug)]
pub struct GrantedByManageToken(pub Capabilities);

/// An option for each capability that can be edited, with `=false` to remove it.
#[derive(Debug)]
pub struct Changed(pub CapabilityPatch);

fn option(row: &'static Row) -> Arg {
    Arg::new(row.option).long(row.option).help(row.about)
}

fn flags(by_holder: bool) -> impl Iterator<Item = &'static Row> {
    Capability::rows().filter(move |row| (row.granted_by == GrantedBy::Holder) == by_holder)
}

fn set(matches: &ArgMatches, by_holder: bool) -> Capabilities {
    flags(by_holder).filter(|row| matches.get_flag(row.option)).map(|row| row.capability).collect()
}

impl Args for Granted {
    fn augment_args(command: Command) -> Command {
        command.args(flags(true).map(|row| option(row).action(ArgAction::SetTrue)))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Granted {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        Ok(Self(set(matches, true)))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for GrantedByManageToken {
    fn augment_args(command: Command) -> Command {
        command.args(flags(false).map(|row| option(row).action(ArgAction::SetTrue).requires("project")))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for GrantedByManageToken {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        Ok(Self(set(matches, false)))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for Changed {
    fn augment_args(command: Command) -> Command {
        command.args(Capabilities::EDITABLE.rows().map(|row| {
            option(row)
                .num_args(0..=1)
                .require_equals(true)
                .default_missing_value("true")
                .value_parser(value_parser!(bool))
                .add(complete::booleans())
                .value_name(row.option.replace('-', "_").to_uppercase())
        }))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Changed {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let mut patch = CapabilityPatch::default();
        for row in Capabilities::EDITABLE.rows() {
            if let Some(granted) = matches.get_one(row.option) {
                patch.set(row.capability, *granted);
            }
        }
        Ok(Self(patch))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
