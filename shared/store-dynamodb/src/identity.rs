//! Which table this is, stored in the table itself: so a copy, such as a restored backup, is told from the table it was made of.
//!
//! Every process compares the name and the region, which it knows from its settings. DynamoDB gives a table that is restored under
//! the same name another id. Only a server, a sweep and commands ask for it, because that is a call of the control plane: a function
//! needs no further right, and no start depends on it. A sweep that finds another id marks the table, so that functions that start
//! afterwards reject it, too.

use std::sync::{Once, atomic::Ordering};

use jeton_core::store::{Unavailable, Unusable};

use super::{
    DynamoDb,
    failure::{Failure, chain},
    item::{Item, key_attributes, text, text_of},
    key::Key,
    op::names,
};

/// The attributes beside the version of the layout.
const NAME: &str = "table";
const REGION: &str = "region";
const ID: &str = "tableId";
const IS_COPY: &str = "isCopy";

/// In place of an id, of a stand-in of DynamoDB that gives none: the moment at which the table was created.
const CREATED: &str = "created ";

/// The end of each sentence about a copy.
const WHAT_TO_DO: &str = "What was revoked since the copy was made is valid in it. To use it from now on, in place of that \
                          table: `jeton activate PROJECT`.";

impl DynamoDb {
    /// Why this Jeton may not use the table. `None` for one that is not set up yet. One read, which every role may make.
    pub async fn unusable_table(&self) -> Result<Option<Unusable>, Unavailable> {
        let found = self.get(&Key::schema()).await?;
        let unusable = found.and_then(|found| self.check(&found).err());
        if unusable.is_none() {
            self.unchecked.store(false, Ordering::Release);
        }
        Ok(unusable)
    }

    /// The same, and compares the id that DynamoDB has given the table. A table that knows neither name nor id gets them.
    ///
    /// Without the right to ask for the id, or to write it, the name alone is compared, and the log says so.
    pub async fn identify_table(&self) -> Result<Option<Unusable>, Unavailable> {
        let Some(found) = self.get(&Key::schema()).await? else { return Ok(None) };
        if let Err(unusable) = self.check(&found) {
            return Ok(Some(unusable));
        }
        let known = text_of(&found, ID);
        let own = self.table_id(known).await;
        if let (Some(known), Some(own)) = (known, &own)
            && known != own
        {
            self.mark_as_copy(known).await;
            return Ok(Some(self.is_restored_under_its_name()));
        }
        if !found.contains_key(NAME) || (known.is_none() && own.is_some()) {
            self.write_identity(own.as_deref()).await;
            return self.unusable_table().await;
        }
        Ok(None)
    }

    /// Stores which table this is, in place of what it was copied from.
    pub async fn take_over_table(&self) -> Result<(), Unavailable> {
        let own = self.table_id(None).await;
        let update = match &own {
            Some(_) => "SET #table = :name, #region = :region, #tableId = :id REMOVE #isCopy",
            None => "SET #table = :name, #region = :region REMOVE #isCopy, #tableId",
        };
        self.update_identity(update, "attribute_exists(#pk)", own.as_deref())
            .await
            .map_err(|failure| Unavailable(failure.why()))
    }

    /// The name and the region of the table as the settings have them, for a new table.
    pub(super) fn named(&self) -> Item {
        let named = [(NAME, text(self.name())), (REGION, text(self.region()))];
        named.map(|(name, value)| (name.to_owned(), value)).into()
    }

    /// Stores the name in a table that has none, because an earlier version has set it up.
    pub(super) async fn name_if_it_has_none(&self, found: &Item) {
        if !found.contains_key(NAME) {
            self.write_identity(None).await;
        }
    }

    /// Errors: what is stored names another table, or says that this is a copy.
    pub(super) fn check_name(&self, found: &Item) -> Result<(), Unusable> {
        let Some(name) = text_of(found, NAME) else { return Ok(()) };
        // A stand-in of DynamoDB may have no region.
        let (region, own) = (text_of(found, REGION).unwrap_or_default(), self.region());
        if name != self.name() || (region != own && !region.is_empty() && !own.is_empty()) {
            let of = if region.is_empty() { String::new() } else { format!(" in {region}") };
            return Err(Unusable::Copy(format!(
                "The DynamoDB table {} is a copy of the table {name}{of}. {WHAT_TO_DO}",
                self.table
            )));
        }
        if found.contains_key(IS_COPY) { Err(self.is_restored_under_its_name()) } else { Ok(()) }
    }

    fn is_restored_under_its_name(&self) -> Unusable {
        Unusable::Copy(format!(
            "The DynamoDB table {} is a copy of an earlier table of the same name. {WHAT_TO_DO}",
            self.table
        ))
    }

    /// `JETON_STORE` may have the ARN of the table in place of its name.
    fn name(&self) -> &str {
        self.table.rsplit('/').next().unwrap_or(&self.table)
    }

    pub(super) fn region(&self) -> &str {
        let in_arn = self.table.strip_prefix("arn:").and_then(|arn| arn.split(':').nth(2));
        let of_client = self.client.config().region().map(AsRef::as_ref);
        in_arn.filter(|region| !region.is_empty()).or(of_client).unwrap_or_default()
    }

    /// The id that DynamoDB has given the table, of the kind of the one that is stored; `None` if it does not tell.
    async fn table_id(&self, known: Option<&str>) -> Option<String> {
        static TOLD: Once = Once::new();
        match self.client.describe_table().table_name(&self.table).send().await {
            Ok(found) => {
                let table = found.table?;
                let created = table.creation_date_time.and_then(|at| at.to_millis().ok());
                let created = created.map(|at| format!("{CREATED}{at}"));
                match known {
                    Some(known) if known.starts_with(CREATED) => created,
                    Some(_) => table.table_id,
                    None => table.table_id.or(created),
                }
            }
            Err(error) => {
                let why = chain(&error);
                TOLD.call_once(|| {
                    tracing::warn!(why, "the id of the table cannot be read, so a table restored under the same name is not noticed; allow dynamodb:DescribeTable");
                });
                None
            }
        }
    }

    /// Of several writers the first counts.
    async fn write_identity(&self, id: Option<&str>) {
        static TOLD: Once = Once::new();
        let (update, condition) = match id {
            Some(_) => (
                "SET #table = :name, #region = :region, #tableId = :id",
                "attribute_exists(#pk) AND attribute_not_exists(#tableId) AND attribute_not_exists(#isCopy)
                    AND (attribute_not_exists(#table) OR #table = :name)",
            ),
            None => (
                "SET #table = :name, #region = :region",
                "attribute_exists(#pk) AND attribute_not_exists(#table)",
            ),
        };
        match self.update_identity(update, condition, id).await {
            Ok(()) | Err(Failure::Condition(_)) => {}
            Err(failure) => {
                let why = failure.why();
                TOLD.call_once(|| {
                    tracing::warn!(
                        why,
                        "the table does not know its name, so a copy of it is not told from it; allow dynamodb:UpdateItem on META"
                    );
                });
            }
        }
    }

    /// So that processes that do not ask for the id reject the table, too.
    async fn mark_as_copy(&self, known: &str) {
        let update = "SET #isCopy = :id";
        let marked = self.update_identity(update, "#tableId = :id", Some(known)).await;
        if let Err(failure) = marked {
            tracing::warn!(why = failure.why(), "the table could not be marked as a copy");
        }
    }

    async fn update_identity(
        &self,
        update: &'static str,
        condition: &'static str,
        id: Option<&str>,
    ) -> Result<(), Failure> {
        let values = [(":name", self.name()), (":region", self.region()), (":id", id.unwrap_or_default())];
        let used = values.into_iter().filter(|(name, _)| update.contains(name) || condition.contains(name));
        let used = used.map(|(name, value)| (name.to_owned(), text(value))).collect();
        let request =
            self.client.update_item().table_name(&self.table).set_key(Some(key_attributes(&Key::schema())));
        let request = request.update_expression(update).condition_expression(condition);
        let request = request.set_expression_attribute_names(names(&[update, condition]));
        let sent = request.set_expression_attribute_values(Some(used)).send().await;
        sent.map(drop).map_err(|error| Failure::of(&error))
    }
}
