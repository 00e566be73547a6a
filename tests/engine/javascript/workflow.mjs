// Runs an execution of one activity to its end through the AWS SDK, and prints what SWF recorded.
import {
  DescribeWorkflowExecutionCommand,
  GetWorkflowExecutionHistoryCommand,
  PollForActivityTaskCommand,
  PollForDecisionTaskCommand,
  RegisterActivityTypeCommand,
  RegisterDomainCommand,
  RegisterWorkflowTypeCommand,
  RespondActivityTaskCompletedCommand,
  RespondDecisionTaskCompletedCommand,
  StartWorkflowExecutionCommand,
  SWFClient,
} from "@aws-sdk/client-swf";

const client = new SWFClient({});
const send = (command) => client.send(command);
const domain = "javascript";

await send(new RegisterDomainCommand({ name: domain, workflowExecutionRetentionPeriodInDays: "7" }));
const refusal = await send(
  new RegisterDomainCommand({ name: domain, workflowExecutionRetentionPeriodInDays: "7" }),
).catch((error) => error.name);
await send(
  new RegisterWorkflowTypeCommand({
    domain,
    name: "Order",
    version: "1.0",
    defaultTaskList: { name: "orders" },
    defaultChildPolicy: "TERMINATE",
    defaultExecutionStartToCloseTimeout: "3600",
    defaultTaskStartToCloseTimeout: "60",
  }),
);
await send(new RegisterActivityTypeCommand({ domain, name: "Pack", version: "1.0" }));
const { runId } = await send(
  new StartWorkflowExecutionCommand({
    domain,
    workflowId: "order-7",
    workflowType: { name: "Order", version: "1.0" },
    input: "ein Kilo Äpfel 🍏",
  }),
);

const first = await send(new PollForDecisionTaskCommand({ domain, taskList: { name: "orders" } }));
await send(
  new RespondDecisionTaskCompletedCommand({
    taskToken: first.taskToken,
    decisions: [
      {
        decisionType: "ScheduleActivityTask",
        scheduleActivityTaskDecisionAttributes: {
          activityId: "pack",
          activityType: { name: "Pack", version: "1.0" },
          taskList: { name: "packing" },
          input: first.events[0].workflowExecutionStartedEventAttributes.input,
          scheduleToCloseTimeout: "60",
          scheduleToStartTimeout: "60",
          startToCloseTimeout: "60",
          heartbeatTimeout: "NONE",
        },
      },
    ],
  }),
);

const waiting = send(new PollForDecisionTaskCommand({ domain, taskList: { name: "orders" } }));
const activity = await send(new PollForActivityTaskCommand({ domain, taskList: { name: "packing" } }));
await send(
  new RespondActivityTaskCompletedCommand({ taskToken: activity.taskToken, result: `packed: ${activity.input}` }),
);

const second = await waiting;
const completed = second.events.find((event) => event.eventType === "ActivityTaskCompleted");
await send(
  new RespondDecisionTaskCompletedCommand({
    taskToken: second.taskToken,
    decisions: [
      {
        decisionType: "CompleteWorkflowExecution",
        completeWorkflowExecutionDecisionAttributes: {
          result: completed.activityTaskCompletedEventAttributes.result,
        },
      },
    ],
  }),
);

const execution = { workflowId: "order-7", runId };
const { executionInfo } = await send(new DescribeWorkflowExecutionCommand({ domain, execution }));
const { events } = await send(new GetWorkflowExecutionHistoryCommand({ domain, execution }));
console.log(
  JSON.stringify({
    refusal,
    closeStatus: executionInfo.closeStatus,
    started: executionInfo.startTimestamp instanceof Date,
    result: events.at(-1).workflowExecutionCompletedEventAttributes.result,
    events: events.map((event) => event.eventType),
  }),
);
