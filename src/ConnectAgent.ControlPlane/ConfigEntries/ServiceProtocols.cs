using ConnectAgent.ControlPlane.ConfigEntries.Kinds;
using ConnectAgent.ControlPlane.Intentions;
using ConnectAgent.State;

namespace ConnectAgent.ControlPlane.ConfigEntries;

/// <summary>Which protocol a service speaks, and the intentions that depend on it (intentions CE-12, services DCH-5).</summary>
internal static class ServiceProtocols
{
    public const string Default = "tcp";

    /// <summary>From the service's own defaults, else from the global ones, else <c>tcp</c>.</summary>
    public static string Of(StateSnapshot state, string service) => OwnOf(state, ConfigNames.KeyOf(service)) ?? GlobalOf(state);

    public static bool IsHttp(string protocol) => protocol is "http" or "http2" or "grpc";

    /// <summary>Refuses a change that takes the protocol away from one destination's permissions.</summary>
    /// <exception cref="Protocol.Errors.ServerException">CE-12.</exception>
    public static void RequireFor(StateSnapshot state, string service)
    {
        if (state.Find(StateTables.Intentions, ConfigNames.KeyOf(service)) is { } entry)
        {
            IntentionEntryValidation.CheckProtocol(entry, Of(state, service));
        }
    }

    /// <summary>The same for a change of the global protocol, which all destinations without one of their own take.</summary>
    /// <inheritdoc cref="RequireFor"/>
    public static void RequireForAll(StateSnapshot state)
    {
        var global = GlobalOf(state);
        if (IsHttp(global))
        {
            return;
        }

        foreach (var (key, entry) in state.Rows(StateTables.Intentions))
        {
            IntentionEntryValidation.CheckProtocol(entry, OwnOf(state, key) ?? global);
        }
    }

    private static string? OwnOf(StateSnapshot state, string key) =>
        state.Find(StateTables.ConfigEntriesOf(ServiceDefaultsKind.KindName), key)?.Protocol;

    private static string GlobalOf(StateSnapshot state) =>
        state.Find(StateTables.ConfigEntriesOf(ProxyDefaultsKind.KindName), ProxyDefaultsKind.Global)?.Protocol ?? Default;
}
