using ConnectAgent.Protocol.Text;
using ConnectAgent.State;

namespace ConnectAgent.ControlPlane.ConfigEntries.Kinds;

/// <summary>Which protocol a service speaks (services DCH-5).</summary>
internal static class ServiceProtocols
{
    public const string Default = "tcp";

    /// <summary>From the service's own defaults, else from the global ones, else <c>tcp</c>.</summary>
    public static string Of(StateSnapshot state, string service) => OwnOf(state, NameKey.Of(service)) ?? GlobalOf(state);

    public static bool IsHttp(string protocol) => protocol is "http" or "http2" or "grpc";

    /// <summary>The service's own, if it has one.</summary>
    /// <param name="key">Its name in ASCII lower case.</param>
    public static string? OwnOf(StateSnapshot state, string key) =>
        state.Find(DocumentKinds.RowsOf(ServiceDefaultsKind.KindName), key)?.Protocol;

    /// <summary>What services without one of their own speak.</summary>
    public static string GlobalOf(StateSnapshot state) =>
        state.Find(DocumentKinds.RowsOf(ProxyDefaultsKind.KindName), ProxyDefaultsKind.Global)?.Protocol ?? Default;
}
