//! A streaming replica of a PostgreSQL of one's own, as short-lived as the first.

use super::cluster::Cluster;

/// `$1` = folder of the replica, `$2` = folder of the programs, `$3` = connection string of the first.
const SCRIPT: &str = r#"
set -e
cd "$1"
"$2/pg_basebackup" -d "$3" -D data -R -X stream -c fast >log 2>&1
options="-c listen_addresses='' -k $1 -c fsync=off -c max_connections=200 -c shared_buffers=32MB"
"$2/pg_ctl" -D data -l log -w -o "$options" start >>log 2>&1
echo ready
read -r _ || :
"$2/pg_ctl" -D data -m immediate -w stop >>log 2>&1 || :
cd /
rm -rf "$1"
"#;

/// Follows the first from what it holds now, once it answers.
pub(crate) fn of(first: &Cluster) -> Cluster {
    Cluster::run(SCRIPT, &first.url()).unwrap().unwrap()
}
