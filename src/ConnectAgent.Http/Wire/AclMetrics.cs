using System.Diagnostics.Metrics;
using ConnectAgent.Protocol.Acl;

namespace ConnectAgent.Http.Wire;

/// <summary>Requests refused for their token (acl ACL-DEF-11); no label says whose it was.</summary>
internal sealed class AclMetrics
{
    public const string MeterName = "ConnectAgent.Acl";

    private static readonly string[] Resources =
        [.. Enum.GetNames<AclResource>().Select(name => name.ToLowerInvariant()), "other"];

    private readonly long[] _denials = new long[Resources.Length];
    private long _unknown;

    public AclMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        meter.CreateObservableCounter("connect_agent.acl.denials", Denials, "{request}", "Requests refused because their token lacks a right.");
        meter.CreateObservableCounter(
            "connect_agent.acl.unknown_tokens", () => Volatile.Read(ref _unknown), "{request}", "Requests refused because their token is unknown.");
    }

    /// <summary>Counts a denial.</summary>
    /// <param name="resource">What the right that is missing is about; null where nobody said.</param>
    public void Denied(AclResource? resource) => Interlocked.Increment(ref _denials[resource is { } known ? (int)known : ^1]);

    public void UnknownToken() => Interlocked.Increment(ref _unknown);

    private IEnumerable<Measurement<long>> Denials() => Resources.Select((name, index) => new Measurement<long>(
        Volatile.Read(ref _denials[index]), new KeyValuePair<string, object?>("resource", name)));
}
