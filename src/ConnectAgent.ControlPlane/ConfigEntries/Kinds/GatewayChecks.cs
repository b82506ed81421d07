using System.Text.Json.Nodes;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Text;
using ConnectAgent.State;

namespace ConnectAgent.ControlPlane.ConfigEntries.Kinds;

/// <summary>What gateways need of other entries (services CFG-14): refused with 500, as chains are.</summary>
internal static class GatewayChecks
{
    /// <summary>One name is not both kinds of gateway: its instances could serve one of them only.</summary>
    /// <exception cref="ServerException">There is an entry of the other kind.</exception>
    public static void RequireOneKind(StateSnapshot state, string entry, string kind, string other)
    {
        var key = NameKey.Of(entry);
        if (state.Find(DocumentKinds.RowsOf(kind), key) is not null && state.Find(DocumentKinds.RowsOf(other), key) is not null)
        {
            throw new ServerException(
                FailureKind.Mistake,
                $"cannot create a {GoQuote.Of(kind)} config entry with name {GoQuote.Of(entry)}, a {GoQuote.Of(other)} config entry with that name "
                    + "already exists");
        }
    }

    /// <summary>The services of one ingress gateway speak what their listeners do; nothing if there is no such gateway.</summary>
    /// <exception cref="ServerException">One speaks another protocol.</exception>
    public static void RequireProtocols(StateSnapshot state, string gateway)
    {
        if (state.Find(DocumentKinds.RowsOf(IngressGatewayKind.KindName), NameKey.Of(gateway)) is { } entry)
        {
            RequireProtocols(state, entry, static _ => true);
        }
    }

    /// <summary>The same for all ingress gateways, after a change of what services speak.</summary>
    /// <param name="service">Whose protocol may be another now; null: anybody's.</param>
    /// <inheritdoc cref="RequireProtocols(StateSnapshot, string)"/>
    public static void RequireProtocolsOf(StateSnapshot state, string? service)
    {
        var key = service is null ? null : NameKey.Of(service);
        foreach (var entry in state.Rows(DocumentKinds.RowsOf(IngressGatewayKind.KindName)).Values)
        {
            RequireProtocols(state, entry, name => key is null || NameKey.Of(name) == key);
        }
    }

    private static void RequireProtocols(StateSnapshot state, ConfigEntry gateway, Func<string, bool> isChanged)
    {
        foreach (var listener in JsonNode.Parse(gateway.Document)!.AsObject().Objects("Listeners"))
        {
            var expected = listener.Text("Protocol");
            foreach (var name in listener.Objects("Services").Select(service => service.Text("Name")).Where(name => name != "*" && isChanged(name)))
            {
                var protocol = ServiceProtocols.Of(state, name);
                if (protocol != expected)
                {
                    throw new ServerException(
                        FailureKind.Mistake,
                        $"service {GoQuote.Of(name)} has protocol {GoQuote.Of(protocol)}, which does not match defined listener protocol "
                            + GoQuote.Of(expected));
                }
            }
        }
    }
}
