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
    -- The run that started this one, if one did, and its StartChildWorkflowExecutionInitiated event.
    parent_run INTEGER,
    parent_initiated_event_id INTEGER,
    info TEXT NOT NULL
);
CREATE INDEX execution_by_parent ON execution (parent_run, status) WHERE parent_run IS NOT NULL;
CREATE UNIQUE INDEX execution_open ON execution (domain, workflow_id) WHERE status = 'OPEN';

-- A list is one walk through the index of its filter and its time.
CREATE INDEX execution_by_start ON execution (domain, status, start_time, run);
CREATE INDEX execution_by_id_and_start ON execution (domain, workflow_id, status, start_time, run);
CREATE INDEX execution_by_type_and_start ON execution (domain, type_name, status, start_time, run);
CREATE INDEX execution_by_close_status_and_start ON execution (domain, close_status, status, start_time, run)
    WHERE close_status IS NOT NULL;
CREATE INDEX execution_by_close ON execution (domain, status, close_time, run) WHERE close_time IS NOT NULL;
CREATE INDEX execution_by_id_and_close ON execution (domain, workflow_id, status, close_time, run)
    WHERE close_time IS NOT NULL;
CREATE INDEX execution_by_type_and_close ON execution (domain, type_name, status, close_time, run)
    WHERE close_time IS NOT NULL;
CREATE INDEX execution_by_close_status_and_close ON execution (domain, close_status, status, close_time, run)
    WHERE close_time IS NOT NULL;

-- The executions that carry a tag, in the order of their start.
CREATE TABLE execution_tag (
    domain TEXT NOT NULL,
    tag TEXT NOT NULL,
    start_time INTEGER NOT NULL,
    run INTEGER NOT NULL REFERENCES execution,
    PRIMARY KEY (domain, tag, start_time, run)
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

-- What happens when time passes. event_id: the event that the deadline belongs to. place: which of the deadlines of a
-- run that pass in the same millisecond comes first.
CREATE TABLE deadline (
    run INTEGER NOT NULL,
    kind TEXT NOT NULL,
    event_id INTEGER NOT NULL,
    due INTEGER NOT NULL,
    place INTEGER NOT NULL,
    timer_id TEXT,
    PRIMARY KEY (run, event_id, kind)
) WITHOUT ROWID;
CREATE INDEX deadline_order ON deadline (due, run, place, event_id);

-- Details of the latest heartbeat of an open activity task.
CREATE TABLE heartbeat (
    run INTEGER NOT NULL,
    scheduled_event_id INTEGER NOT NULL,
    details TEXT NOT NULL,
    PRIMARY KEY (run, scheduled_event_id)
) WITHOUT ROWID;
