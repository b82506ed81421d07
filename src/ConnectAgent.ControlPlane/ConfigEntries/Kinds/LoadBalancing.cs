using System.Text.Json.Nodes;
using ConnectAgent.ControlPlane.ConfigEntries.Schema;
using ConnectAgent.Protocol.Text;

namespace ConnectAgent.ControlPlane.ConfigEntries.Kinds;

/// <summary>How a resolver spreads requests (services CFG-11).</summary>
internal static class LoadBalancing
{
    private const string RingHash = "ring_hash";
    private const string LeastRequest = "least_request";
    private const string Maglev = "maglev";
    private const string Cookie = "cookie";

    public static ObjectType Fields { get; } = new(
        new("Policy", TextType.Instance),
        new("RingHashConfig", new ObjectType(new("MinimumRingSize", NumberType.UInt64), new("MaximumRingSize", NumberType.UInt64))),
        new("LeastRequestConfig", new ObjectType(new ConfigField("ChoiceCount", NumberType.UInt32))),
        new("HashPolicies", new ListType(
            new ObjectType(
                new("Field", TextType.Instance),
                new("FieldValue", TextType.Instance),
                new("CookieConfig", new ObjectType(
                    new("Session", FlagType.Instance), new("TTL", DurationType.Nanoseconds), new("Path", TextType.Instance))),
                new("SourceIP", FlagType.Instance),
                new("Terminal", FlagType.Instance)),
            ConfigBounds.HashPolicies,
            refusesNull: true)));

    /// <summary>Refuses parts that do not fit together.</summary>
    /// <exception cref="Protocol.Errors.ServerException">The first thing that is wrong.</exception>
    public static void Check(JsonObject balancer)
    {
        var policy = balancer.Text("Policy");
        ConfigCheck.Require(
            policy is "" or Maglev or RingHash or "random" or LeastRequest or "round_robin",
            $"Bad LoadBalancer policy: {GoQuote.Of(policy)} is not supported");
        const string Unfit = "specified for incompatible load balancing policy";
        ConfigCheck.Require(
            policy == RingHash || !balancer.Has("RingHashConfig"),
            $"Bad LoadBalancer configuration. RingHashConfig {Unfit} {GoQuote.Of(policy)}");
        ConfigCheck.Require(
            policy == LeastRequest || !balancer.Has("LeastRequestConfig"),
            $"Bad LoadBalancer configuration. LeastRequestConfig {Unfit} {GoQuote.Of(policy)}");
        var policies = balancer.Objects("HashPolicies");
        ConfigCheck.Require(
            policy is Maglev or RingHash || policies.Count == 0,
            $"Bad LoadBalancer configuration: HashPolicies specified for non-hash-based Policy: {GoQuote.Of(policy)}");
        for (var i = 0; i < policies.Count; i++)
        {
            Check(policies[i], $"Bad LoadBalancer HashPolicy[{i}]:");
        }
    }

    private static void Check(JsonObject policy, string at)
    {
        var (field, hasValue, isSource) = (policy.Text("Field"), policy.Has("FieldValue"), policy.Flag("SourceIP"));
        ConfigCheck.Require(
            field is "" or "header" or Cookie or "query_parameter", $"{at} {GoQuote.Of(field)} is not a supported field");
        ConfigCheck.Require(
            !isSource || field.Length == 0, $"{at} A single hash policy cannot hash both a source address and a {GoQuote.Of(field)}");
        ConfigCheck.Require(!isSource || !hasValue, $"{at} A FieldValue cannot be specified when hashing SourceIP");
        ConfigCheck.Require(field.Length == 0 || hasValue, $"{at} Field {GoQuote.Of(field)} was specified without a FieldValue");
        ConfigCheck.Require(field.Length > 0 || !hasValue, $"{at} FieldValue requires a Field to apply to");
        if (policy.Object("CookieConfig") is { } cookie)
        {
            ConfigCheck.Require(field == Cookie, $"{at} cookie_config provided for {GoQuote.Of(field)}");
            ConfigCheck.Require(!cookie.Flag("Session") || !cookie.Has("TTL"), $"{at} a session cookie cannot have an associated TTL");
        }
    }
}
