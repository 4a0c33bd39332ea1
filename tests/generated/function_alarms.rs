//! The alarms on functions in `infra/function-alarms.yaml`, from the list of functions.

use jeton_service::{function::Function, telemetry::NAMESPACE};
use jeton_tests::copy;

use crate::routes::camel;

#[test]
fn an_alarm_tells_of_every_function_that_fails_or_is_throttled() {
    let alarms = Function::ALL.map(|function| alarm(function.name()));
    copy::is_file("infra/function-alarms.yaml", &format!("{BEGINNING}{}", alarms.concat()));
}

/// A rate: of the invocations that failed or were throttled and of the answers of 500 and above, in a hundred.
fn alarm(name: &str) -> String {
    let id = camel(name);
    let metric = |id: &str, namespace: &str, metric: &str| {
        format!(
            "        - {{ Id: {id}, ReturnData: false, MetricStat: {{ Period: 60, Stat: Sum, Metric: {{ Namespace: {namespace},
            MetricName: {metric}, Dimensions: [{{ Name: FunctionName, Value: !Sub \"${{Functions}}-{name}\" }}] }} }} }}
"
        )
    };
    let metrics = [
        metric("errors", "AWS/Lambda", "Errors"),
        metric("throttles", "AWS/Lambda", "Throttles"),
        metric("failed", NAMESPACE, "Failed"),
        metric("invocations", "AWS/Lambda", "Invocations"),
    ];
    format!(
        "  {id}:
    Type: AWS::CloudWatch::Alarm
    Properties:
      AlarmName: !Sub \"${{Functions}}-{name}-failures\"
      AlarmDescription: \"More than one call in a hundred of this function fails or is throttled.\"
      AlarmActions: [!Ref Notices]
      OKActions: [!Ref Notices]
      EvaluationPeriods: 3
      DatapointsToAlarm: 2
      ComparisonOperator: GreaterThanThreshold
      Threshold: 1
      TreatMissingData: notBreaching
      Metrics:
        - {{ Id: rate, Expression: \"{RATE}\" }}
{}",
        metrics.concat()
    )
}

const RATE: &str = "100 * (FILL(errors, 0) + FILL(throttles, 0) + FILL(failed, 0)) / (FILL(invocations, 1) + FILL(throttles, 0))";

const BEGINNING: &str = r#"AWSTemplateFormatVersion: "2010-09-09"
# Made from the list of functions by ./test --write. A deployment to a function is rolled back on its alarm.
Description: "Alarms on the functions of Jeton"

Parameters:
  Functions: { Type: String, Description: "What the names of all functions begin with" }
  Notices: { Type: String, Description: "The topic that is told" }

Resources:
"#;
