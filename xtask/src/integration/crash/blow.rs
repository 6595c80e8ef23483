//! What happens to a run of the program.

use crate::Failure;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;
use xshell::{Shell, cmd};

/// When and how a run is struck.
#[derive(Debug)]
pub(super) enum Blow {
    /// Killed at a step, reached for the nth time.
    At(&'static str, usize),
    /// Killed after some time.
    After(Duration),
    /// Calls on the store's files fail, from the nth on.
    Fault(Fault, usize),
    Nothing,
}

/// What a disk does.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fault {
    /// It loses what was to be synced, and says so once.
    Lost,
    /// It has no room.
    Full,
}

/// Builds what makes calls fail; `None` where that cannot be had.
pub(super) fn faults(shell: &Shell, folder: &Path) -> Option<PathBuf> {
    if !cfg!(all(target_os = "linux", target_env = "gnu")) {
        return None;
    }
    let (source, library) = (crate::workspace().join("tests/crash/faults.c"), folder.join("faults.so"));
    cmd!(shell, "cc -shared -fPIC -o {library} {source} -ldl").quiet().run().ok().map(|()| library)
}

impl Blow {
    /// Runs a command; also says whether it was struck.
    pub(super) fn run(
        &self,
        command: &mut Command,
        faults: Option<&Path>,
        input: &[u8],
    ) -> Result<(Output, bool), Failure> {
        match (self, faults) {
            (Self::At(step, count), _) => {
                command.env("LOCKKEEPER_FAILPOINT", format!("{step}:{count}"));
            }
            (Self::Fault(fault, count), Some(library)) => {
                let kind = match fault {
                    Fault::Lost => "sync",
                    Fault::Full => "full",
                };
                command.env("LD_PRELOAD", library).env("LOCKKEEPER_FAULT", format!("{kind}:{count}"));
            }
            _ => {}
        }
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            // One that was killed reads nothing any more.
            let _ = stdin.write_all(input);
        }
        if let Self::After(time) = self {
            std::thread::sleep(*time);
            child.kill()?;
        }
        let output = child.wait_with_output()?;
        let struck = match self {
            Self::Fault(..) => !output.status.success(),
            _ => output.status.code().is_none(),
        };
        Ok((output, struck))
    }
}
