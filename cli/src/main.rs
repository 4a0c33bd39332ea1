//! The `jeton` command: its subcommands and `main`.

#[macro_use]
mod output;

mod address;
mod advise;
mod arguments;
mod at_signal;
mod backup;
mod browser;
mod change;
mod close;
mod complete;
mod completions;
mod connection;
mod doctor;
mod duration;
mod environment;
mod events;
mod failure;
mod first_start;
mod guarded;
mod handed_out;
mod history;
mod id;
mod init;
mod login;
mod logout;
mod man;
mod manage_token;
mod member;
mod passkeys;
mod presented;
mod profile;
mod project;
mod prompt;
mod range;
mod relocate;
mod retries;
mod reveal;
mod secret;
mod serve;
mod shell;
mod status;
mod sweep;
mod token;
mod unfinished;
mod works;

use std::{
    io::{self, Write as _},
    process::ExitCode,
};

use clap::{CommandFactory as _, Parser, Subcommand};
use clap_complete::Shell;
use connection::Connection;
use failure::{EXIT_CODES, Failure};
use jeton_core::secret::{holds_token, redacted};
use jeton_service::{config::Config, runtime::StartError};

/// The allocator. Requests allocate and free a lot, across threads, for which the system allocator is slower.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// API tokens you can share, watch, and revoke.
///
/// Without a command, `jeton` runs `jeton serve`.
#[derive(Parser)]
#[command(version, after_help = CONFIGURATION)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

/// The environment variables, as `--help` lists them.
const CONFIGURATION: &str = "\
serve, init, sweep, backup, restore, close, activate, passkeys, export, import, verify-history and export-history work on the
store. The environment configures them:
  JETON_STORE            sqlite:PATH (default sqlite:jeton.db) or dynamodb:TABLE
  JETON_MAIL             outbox:DIR (default outbox:outbox), ses:FROM, or smtp://USER:PASSWORD@HOST?from=FROM
  JETON_LISTEN           address to serve on (default 127.0.0.1:3000); PORT sets the port of all addresses
  JETON_PUBLIC_URL       public address of the service; must be https:// unless only this machine can reach it
  JETON_NAME             name of the product or company in pages and mails (default Jeton)
  JETON_LOGO             PNG file of up to 32 KiB that pages and mails show (default none)
  JETON_COLOR            colour of links and buttons, such as #3f51c7
  JETON_SUPPORT          e-mail address for questions, in pages and mails (default none)
  JETON_IMPRINT          text below pages and mails; \\n ends a line (default none)
  JETON_METRICS          extra address for Prometheus; /metrics is served on JETON_LISTEN if only this machine can reach it
  JETON_TRUSTED_PROXIES  addresses and networks of proxies whose X-Forwarded-For is trusted
  JETON_EDGE_SECRET      secret that CloudFront sends to the gateway of AWS, for functions only (default none)
  JETON_CORS_ORIGINS     sites whose pages may call the storage API from a browser (default none)
  JETON_SEAL_KEY         secret key that history is sealed with, or its ARN at AWS (see jeton init seal-key; default none)
  JETON_SEAL_ANCHOR      where to send digests of sealed days: file:PATH, exec:PROGRAM or https:// (default none)
  JETON_GITHUB_KEYS      public keys of GitHub's reports of leaked tokens (default none)
  JETON_VERIFY_REPLICAS  for DynamoDB: replicas of a token that is verified too often for one partition, 0 to 16 (default 0)
  JETON_OIDC_ISSUER      identity provider that members sign in to the console with, by OpenID Connect (default none)
  JETON_OIDC_CLIENT_ID, JETON_OIDC_CLIENT_SECRET
                         id and secret of Jeton at this provider; the secret may be its ARN at AWS
  JETON_OIDC_NAME        name of the provider on the sign-in page (default: its host)
  JETON_SIGN_IN          how members sign in: mail, oidc or mail,oidc (default: all that is configured)
  JETON_LOG              log level (default info)

token, advise, member, manage-token, project and status call a running Jeton. `jeton login` keeps its address and a token in a
profile. Options come before these variables, and the variables before the profile:
  JETON_URL              its address (default http://127.0.0.1:3000)
  JETON_TOKEN            the token to call it with
  JETON_MANAGE_TOKEN     the manage token for member, manage-token, project and token create --project
  JETON_PROFILE          the profile (default: the one that `jeton profile use` made the current one)
  JETON_RETRY_FOR        how long a call is sent again while the service is not available, at most 9m (default 30s); 0 for never";

const SERVE_EXAMPLES: &str = "\
Examples:
  jeton serve                                           on http://127.0.0.1:3000, with jeton.db in this folder
  JETON_STORE=sqlite:/var/lib/jeton/jeton.db jeton serve";

#[derive(Subcommand)]
enum Command {
    /// Serve the API (the default command).
    #[command(after_help = SERVE_EXAMPLES)]
    Serve,
    /// Add a project, a member or a manage token, and show its secret once.
    #[command(subcommand)]
    Init(init::Init),
    /// Remove expired tokens, mail expiry notices and seal history, once.
    Sweep(sweep::Sweep),
    /// Close a project and write it to a file, to move it to another store.
    Export(relocate::Export),
    /// Read a project from a file into this store.
    Import(relocate::Import),
    /// Copy the SQLite file while a server works on it.
    Backup(backup::Backup),
    /// Put a backup in place, with its projects closed.
    Restore(backup::Restore),
    /// Close a project, or all of them, so that no token is accepted.
    Close(close::Close),
    /// Accept the tokens of a closed project again.
    Activate(close::Activate),
    /// Remove the passkeys of somebody who has lost theirs.
    #[command(subcommand)]
    Passkeys(passkeys::Command),
    /// Verify that sealed history was not changed.
    VerifyHistory(history::Verify),
    /// Append sealed history to a file that can be verified without the store.
    ExportHistory(history::Export),
    /// Create, list, show, change, delete, refresh, share and verify tokens, and read their history.
    #[command(after_help = EXIT_CODES)]
    Token {
        #[command(subcommand)]
        command: token::Command,
        #[command(flatten)]
        connection: Connection,
    },
    /// Show which rights a token has not used, and which calls an edit would have denied.
    Advise(advise::Advise),
    /// List, invite and remove the members of a project.
    #[command(after_help = EXIT_CODES)]
    Member {
        #[command(subcommand)]
        command: member::Command,
        #[command(flatten)]
        connection: Connection,
    },
    /// List, create, show, refresh, disable, enable and delete manage tokens, and read their history.
    #[command(after_help = EXIT_CODES)]
    ManageToken {
        #[command(subcommand)]
        command: manage_token::Command,
        #[command(flatten)]
        connection: Connection,
    },
    /// List, create and show projects.
    #[command(after_help = EXIT_CODES)]
    Project {
        #[command(subcommand)]
        command: project::Command,
        #[command(flatten)]
        connection: Connection,
    },
    /// Check a token and keep it for later commands.
    Login(login::Login),
    /// Remove a profile and its tokens from this machine.
    Logout(logout::Logout),
    /// Show which profile, address and tokens commands use.
    Status(status::Status),
    /// Look for what is wrong with a Jeton, and say what to do.
    Doctor(doctor::Doctor),
    /// List profiles, and choose the current one.
    #[command(subcommand)]
    Profile(profile::Command),
    /// Write manual pages.
    Man(man::Man),
    /// Generate a shell completion script. It completes ids of tokens by a token that `jeton login` keeps.
    #[command(
        after_help = "Examples:\n  source <(jeton completions bash)                            # in ~/.bashrc\n  jeton completions fish > ~/.config/fish/completions/jeton.fish\n\nThe script asks jeton itself: write it anew after an upgrade."
    )]
    Completions {
        /// The shell to generate for.
        shell: Shell,
    },
}

fn main() -> ExitCode {
    complete::answer(Arguments::command);
    start()
}

#[tokio::main]
async fn start() -> ExitCode {
    let Some(arguments) = arguments() else { return ended(Ok(()), false) };
    let command = arguments.command.unwrap_or(Command::Serve);
    let serves = matches!(command, Command::Serve);
    ended(run(command).await, serves)
}

/// Prints why a command failed, and returns its exit code.
fn ended(outcome: Result<(), Failure>, serves: bool) -> ExitCode {
    // The command succeeded, but its output could not be written. A closed pipe is not an error: its reader is done.
    let lost = output::lost().filter(|lost| !serves && !lost.is_closed_pipe());
    match outcome.and_then(|()| lost.map_or(Ok(()), |lost| Err(lost.into()))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            // The reason is printed already, or --quiet was given.
            if !matches!(failure, Failure::NotAllowed) {
                eprintln!("jeton: {}", failure.sentence());
            }
            failure.exit_code()
        }
    }
}

/// Parses the arguments; `None` for help and the version, which are printed. A usage error quotes them, with tokens masked.
fn arguments() -> Option<Arguments> {
    let words = std::env::args_os().collect();
    let error = match arguments::parsed(words, Arguments::try_parse_from) {
        Ok(arguments) => return Some(arguments),
        Err(error) => arguments::with_place(error, &Arguments::command()),
    };
    if !error.use_stderr() {
        if let Err(lost) = output::is_open().and_then(|()| error.print()).and_then(|()| io::stdout().flush())
        {
            output::lose(output::Lost::Output(lost));
        }
        return None;
    }
    let complaint = error.to_string();
    if !holds_token(&complaint) {
        error.exit();
    }
    eprint!("{}", redacted(&complaint));
    std::process::exit(error.exit_code())
}

async fn run(command: Command) -> Result<(), Failure> {
    let config = || Config::from_env().map_err(StartError::from);
    match command {
        Command::Serve => Ok(serve::serve(&config()?).await?),
        Command::Init(init) => Ok(init::init(&config()?, init).await?),
        Command::Sweep(options) => sweep::sweep(&config()?, &options).await,
        Command::Export(export) => export.run(&config()?).await,
        Command::Import(import) => import.run(&config()?).await,
        Command::Backup(backup) => backup.run(&config()?),
        Command::Restore(restore) => restore.run(&config()?).await,
        Command::Close(close) => close.run(&config()?).await,
        Command::Activate(activate) => activate.run(&config()?).await,
        Command::Passkeys(command) => command.run(&config()?).await,
        Command::VerifyHistory(verify) => verify.run(&config()?).await,
        Command::ExportHistory(export) => export.run(&config()?).await,
        Command::Token { command, connection } => token::run(command, &connection.ready()?).await,
        Command::Advise(advise) => advise.run().await,
        Command::Member { command, connection } => member::run(command, &connection.ready()?).await,
        Command::ManageToken { command, connection } => {
            manage_token::run(command, &connection.ready()?).await
        }
        Command::Project { command, connection } => project::run(command, &connection.ready()?).await,
        Command::Login(login) => login.run().await,
        Command::Logout(logout) => logout.run(),
        Command::Status(status) => status.run().await,
        Command::Doctor(doctor) => doctor.run().await,
        Command::Profile(command) => profile::run(command),
        Command::Man(man) => man.run(Arguments::command()),
        Command::Completions { shell } => completions::completions(shell),
    }
}
