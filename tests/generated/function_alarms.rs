//! The alarms on functions in `infra/function-alarms.yaml`, from the list of functions.

use jeton_service::{function::Function, telemetry::NAMESPACE};
use jeton_tests::copy;

use crate::routes::camel;

#[test]
fn an_alarm_tells_of_every_function_that_fails_or_is_throttled() {
    let alarms = Function::ALL.map(alarm);
    copy::is_file("infra/function-alarms.yaml", &format!("{BEGINNING}{}", alarms.concat()));
}

/// A rate: of the invocations that failed or were throttled and of the answers of 500 and above, in a hundred.
///
/// Sealing is throttled on purpose: a schedule fires during a run, and one at a time goes on.
fn alarm(function: Function) -> String {
    let (name, is_throttled) = (function.name(), function == Function::Seal);
    let id = camel(name);
    let metric = |id: &str, namespace: &str, metric: &str| {
        format!(
            "        - {{ Id: {id}, ReturnData: false, MetricStat: {{ Period: 60, Stat: Sum, Metric: {{ Namespace: {namespace},
            MetricName: {metric}, Dimensions: [{{ Name: FunctionName, Value: !Sub \"${{Functions}}-{name}\" }}] }} }} }}
"
        )
    };
    let throttles = if is_throttled { String::new() } else { metric("throttles", "AWS/Lambda", "Throttles") };
    let (rate, what) = if is_throttled { (ERRORS, "fails") } else { (RATE, "fails or is throttled") };
    let metrics = [
        metric("errors", "AWS/Lambda", "Errors"),
        throttles,
        metric("failed", NAMESPACE, "Failed"),
        metric("invocations", "AWS/Lambda", "Invocations"),
    ];
    format!(
        "  {id}:
    Type: AWS::CloudWatch::Alarm
    Properties:
      AlarmName: !Sub \"${{Functions}}-{name}-failures\"
      AlarmDescription: \"More than one call in a hundred of this function {what}.\"
      AlarmActions: [!Ref Notices]
      OKActions: [!Ref Notices]
      EvaluationPeriods: 3
      DatapointsToAlarm: 2
      ComparisonOperator: GreaterThanThreshold
      Threshold: 1
      TreatMissingData: notBreaching
      Metrics:
        - {{ Id: rate, Expression: \"{rate}\" }}
{}",
        metrics.concat()
    )
}

const RATE: &str = "100 * (FILL(errors, 0) + FILL(throttles, 0) + FILL(failed, 0)) / (FILL(invocations, 1) + FILL(throttles, 0))";

const ERRORS: &str = "100 * (FILL(errors, 0) + FILL(failed, 0)) / FILL(invocations, 1)";

const BEGINNING: &str = r#"AWSTemplateFormatVersion: "2010-09-09"
# Made from the list of functions by ./test --write. A deployment to a function is rolled back on its alarm.
Description: "Alarms on the functions of Jeton"

Parameters:
  Functions: { Type: String, Description: "What the names of all functions begin with" }
  Notices: { Type: String, Description: "The topic that is told" }

Resources:
"#;
