-- What an engine keeps. Times are milliseconds since 1970. A run is known inside by a number of its own.

CREATE TABLE meta (
    name TEXT PRIMARY KEY,
    value BLOB NOT NULL
) WITHOUT ROWID;

CREATE TABLE domain (
    name TEXT PRIMARY KEY,
    status TEXT NOT NULL,
    description TEXT,
    retention TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE domain_tag (
    domain TEXT NOT NULL REFERENCES domain,
    key TEXT NOT NULL,
    value TEXT,
    PRIMARY KEY (domain, key)
) WITHOUT ROWID;

-- kind: 'workflow' or 'activity'. configuration: the defaults as JSON, as they were registered.
CREATE TABLE type (
    kind TEXT NOT NULL,
    domain TEXT NOT NULL REFERENCES domain,
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    status TEXT NOT NULL,
    description TEXT,
    creation_date INTEGER NOT NULL,
    deprecation_date INTEGER,
    configuration TEXT NOT NULL,
    PRIMARY KEY (kind, domain, name, version)
) WITHOUT ROWID;

-- info: SWF's WorkflowExecutionInfo as JSON, as lists and Describe answer it.
CREATE TABLE execution (
    run INTEGER PRIMARY KEY AUTOINCREMENT,
    domain TEXT NOT NULL REFERENCES domain,
    workflow_id TEXT NOT NULL,
    run_id TEXT NOT NULL UNIQUE,
    type_name TEXT NOT NULL,
    type_version TEXT NOT NULL,
    status TEXT NOT NULL,
    close_status TEXT,
    start_time INTEGER NOT NULL,
    close_time INTEGER,
    info TEXT NOT NULL
);
CREATE UNIQUE INDEX execution_open ON execution (domain, workflow_id) WHERE status = 'OPEN';
CREATE INDEX execution_by_start ON execution (domain, status, start_time, run);
CREATE INDEX execution_by_close ON execution (domain, status, close_time, run);
CREATE INDEX execution_by_id ON execution (domain, workflow_id, start_time);
CREATE INDEX execution_by_type ON execution (domain, type_name, status, start_time);

CREATE TABLE execution_tag (
    tag TEXT NOT NULL,
    run INTEGER NOT NULL REFERENCES execution,
    PRIMARY KEY (tag, run)
) WITHOUT ROWID;

-- body: SWF's HistoryEvent as JSON.
CREATE TABLE event (
    run INTEGER NOT NULL REFERENCES execution,
    id INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (run, id)
) WITHOUT ROWID;

-- Tasks that wait for a poller. kind: 'decision' or 'activity'. place: the order in which they came.
CREATE TABLE waiting_task (
    place INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    domain TEXT NOT NULL,
    task_list TEXT NOT NULL,
    priority INTEGER NOT NULL,
    run INTEGER NOT NULL,
    scheduled_event_id INTEGER NOT NULL,
    UNIQUE (run, scheduled_event_id)
);
CREATE INDEX waiting_task_order ON waiting_task (kind, domain, task_list, priority DESC, place);

-- What happens when time passes. event_id: the event that set the deadline.
CREATE TABLE deadline (
    run INTEGER NOT NULL,
    kind TEXT NOT NULL,
    event_id INTEGER NOT NULL,
    due INTEGER NOT NULL,
    PRIMARY KEY (run, event_id, kind)
) WITHOUT ROWID;
CREATE INDEX deadline_due ON deadline (due);

-- Details of the latest heartbeat of an open activity task.
CREATE TABLE heartbeat (
    run INTEGER NOT NULL,
    scheduled_event_id INTEGER NOT NULL,
    details TEXT NOT NULL,
    PRIMARY KEY (run, scheduled_event_id)
) WITHOUT ROWID;
