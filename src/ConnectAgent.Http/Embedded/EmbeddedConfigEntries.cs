using System.Text.Json;
using System.Text.Json.Nodes;
using ConnectAgent.Agent.CentralConfig;
using ConnectAgent.Agent.Servers;
using ConnectAgent.ControlPlane;
using ConnectAgent.ControlPlane.Acl;
using ConnectAgent.ControlPlane.ConfigEntries;
using ConnectAgent.Http.ConfigEntries;
using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Reads;
using ConnectAgent.State;

namespace ConnectAgent.Http.Embedded;

/// <summary>The config entries of one kind out of the control plane (services CFG-5), as the wire shows them.</summary>
internal sealed class EmbeddedConfigEntries(ConfigEntryStore entries, TokenResolver tokens) : IEmbeddedRead<ConfigEntriesRequest, ConfigEntryList>
{
    public string Name => ConfigEntriesKind.KindName;

    public async Task<ServerRead<ConfigEntryList>> ReadAsync(ConfigEntriesRequest request, ServerQuery query, CancellationToken cancellationToken)
    {
        tokens.Resolve(query.Token);
        var (all, index) = await entries.ListAsync(
            [ConfigEntryKinds.Named(request.EntryKind)], ControlPlaneReads.Blocking(query, tokens), cancellationToken);
        var rights = tokens.Resolve(query.Token);
        JsonNode shown = new JsonArray([.. all.Where(item => item.Kind.MayRead(rights, item.Entry.Name)).Select(item => item.Kind.Show(item.Entry))]);
        return new ServerRead<ConfigEntryList>(ConfigEntryList.Parse(JsonSerializer.SerializeToUtf8Bytes(shown, ConfigEntryJson.Default.JsonNode)), index);
    }
}
