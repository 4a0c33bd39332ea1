//! The version of the layout, which is stored in the table.

use jeton_core::store::Unavailable;

use super::{
    DynamoDb,
    failure::Failure,
    item::{key_attributes, number, number_of},
    key::Key,
};

/// The layout version of this Jeton.
const VERSION: u32 = 1;

impl DynamoDb {
    /// Rejects a table that is not set up, and one of a newer Jeton. Writes nothing.
    ///
    /// Called before serving from it; no verify waits for it. The error is a sentence for the operator.
    pub async fn check_schema(&self) -> Result<(), String> {
        match self.version().await? {
            Some(found) => self.check(found),
            None => Err(format!(
                "The DynamoDB table {} is empty or was not set up by Jeton; `jeton init project` sets it up.",
                self.table
            )),
        }
    }

    /// Stores the version of the layout in a new table, and rejects one of a newer Jeton.
    pub async fn mark_with_schema(&self) -> Result<(), String> {
        let found = match self.version().await? {
            Some(found) => found,
            None => self.write_version().await.map_err(|error| self.unusable(&error))?,
        };
        self.check(found)
    }

    /// The version in the table.
    async fn version(&self) -> Result<Option<u32>, String> {
        let found = self.get(&Key::schema()).await.map_err(|error| self.unusable(&error))?;
        Ok(found.map(|found| number_of(&found, "version").unwrap_or(u32::MAX)))
    }

    fn unusable(&self, error: &Unavailable) -> String {
        format!("The DynamoDB table {} cannot be used: {}.", self.table, error.0)
    }

    fn check(&self, found: u32) -> Result<(), String> {
        if found > VERSION {
            return Err(format!(
                "The DynamoDB table {} was written by a newer Jeton (layout {found}; this one knows layout \
                 {VERSION}). Update Jeton.",
                self.table
            ));
        }
        Ok(())
    }

    /// Writes the version if there is none. If another process was faster, its version counts.
    async fn write_version(&self) -> Result<u32, Unavailable> {
        let mut item = key_attributes(&Key::schema());
        item.insert("version".to_owned(), number(&VERSION));
        let request = self.client.put_item().table_name(&self.table).set_item(Some(item));
        let written = request.condition_expression("attribute_not_exists(pk)").send().await;
        match written.map_err(|error| Failure::of(&error)) {
            Ok(_) => Ok(VERSION),
            Err(Failure::Condition(_)) => {
                let found = self.get(&Key::schema()).await?;
                Ok(found.and_then(|found| number_of(&found, "version")).unwrap_or(u32::MAX))
            }
            Err(failure) => Err(Unavailable(failure.why())),
        }
    }
}
