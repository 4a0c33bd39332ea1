//! The version of the layout, which is stored in the table.

use jeton_core::store::{Unavailable, Unusable};

use super::{
    DynamoDb,
    failure::Failure,
    item::{Item, key_attributes, number, number_of},
    key::Key,
};

/// The layout version of this Jeton.
const VERSION: u32 = 1;

impl DynamoDb {
    /// Rejects a table that is not set up, one of a newer Jeton, and a copy. Writes nothing.
    ///
    /// Called before serving from it. The error is a sentence for the operator.
    pub async fn check_schema(&self) -> Result<(), String> {
        match self.schema().await? {
            Some(found) => self.check(&found).map_err(|unusable| unusable.to_string()),
            None => Err(format!(
                "The DynamoDB table {} is empty or was not set up by Jeton; `jeton init project` sets it up.",
                self.table
            )),
        }
    }

    /// Whether Jeton has set the table up.
    pub(super) async fn is_set_up(&self) -> Result<bool, String> {
        Ok(self.schema().await?.is_some())
    }

    /// Stores the version of the layout and the name of the table in a new table, and the name in one that has none. Rejects a
    /// table of a newer Jeton, and a copy.
    pub async fn mark_with_schema(&self) -> Result<(), String> {
        let found = match self.schema().await? {
            Some(found) => found,
            None => self.write_schema().await.map_err(|error| self.cannot_be_used(&error))?,
        };
        self.check(&found).map_err(|unusable| unusable.to_string())?;
        self.name_if_it_has_none(&found).await;
        Ok(())
    }

    /// Errors: the table is of a newer Jeton, or a copy.
    pub(super) fn check(&self, found: &Item) -> Result<(), Unusable> {
        let version = number_of(found, "version").unwrap_or(u32::MAX);
        if version > VERSION {
            return Err(Unusable::Newer(format!(
                "The DynamoDB table {} was written by a newer Jeton (layout {version}; this one knows layout \
                 {VERSION}). Update Jeton.",
                self.table
            )));
        }
        self.check_name(found)
    }

    async fn schema(&self) -> Result<Option<Item>, String> {
        self.get(&Key::schema()).await.map_err(|error| self.cannot_be_used(&error))
    }

    fn cannot_be_used(&self, error: &Unavailable) -> String {
        format!("The DynamoDB table {} cannot be used: {}.", self.table, error.0)
    }

    /// Writes the version if there is none. If another process was faster, what it has written counts.
    async fn write_schema(&self) -> Result<Item, Unavailable> {
        let mut item = key_attributes(&Key::schema());
        item.insert("version".to_owned(), number(&VERSION));
        item.extend(self.named());
        let request = self.client.put_item().table_name(&self.table).set_item(Some(item.clone()));
        let written = request.condition_expression("attribute_not_exists(pk)").send().await;
        match written.map_err(|error| Failure::of(&error)) {
            Ok(_) => Ok(item),
            Err(Failure::Condition(_)) => Ok(self.get(&Key::schema()).await?.unwrap_or_default()),
            Err(failure) => Err(Unavailable(failure.why())),
        }
    }
}
