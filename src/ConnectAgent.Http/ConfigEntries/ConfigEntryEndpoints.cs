using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using ConnectAgent.Agent.Identity;
using ConnectAgent.Agent.Servers;
using ConnectAgent.ControlPlane;
using ConnectAgent.ControlPlane.Acl;
using ConnectAgent.ControlPlane.ConfigEntries;
using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Schema;
using ConnectAgent.Protocol.Text;
using ConnectAgent.Protocol.Tokens;

namespace ConnectAgent.Http.ConfigEntries;

/// <summary>Config entries of all kinds (intentions section 3.2, services section 7).</summary>
internal sealed class ConfigEntryEndpoints(
    ConfigEntryStore entries, TokenResolver tokens, IServerClient servers, AgentIdentity agent) : IWireEndpoints
{
    public void Map(WireRoutes routes)
    {
        // Which right it is depends on the kind (acl ACL-PERM-33 to ACL-PERM-38).
        var write = Permission.Of(null, AclAccess.Write, "the entry");
        routes.MapWire("/v1/config", (HttpMethods.Put, write, PutAsync));
        routes.MapWire(
            "/v1/config/",
            (HttpMethods.Get, Permission.Of(null, AclAccess.Read, "the entry; lists are filtered"), GetAsync),
            (HttpMethods.Delete, write, DeleteAsync));
    }

    // CE-23, in its order: validation comes before the access check.
    private async Task PutAsync(WireRequest request)
    {
        var body = await RequestBody.ReadAsync(request, KeptJson.Document, Undecodable);
        var (kind, document) = Decode(body);
        request.RefuseNamespace();
        var cas = Cas(request);
        var rights = await servers.ResolveTokenAsync(request.Token(), request.Aborted);
        RequireConnect(kind);
        var entry = kind.Make(document);
        rights.Require(kind.ToWrite(entry).Concat(entries.NamesOf(kind, entry.Name).Select(kind.ToDelete)));
        await WireReply.JsonAsync(request, await entries.PutAsync(kind, entry, cas), WireJson.Default.Boolean);
    }

    private Task GetAsync(WireRequest request)
    {
        var options = ReadOptions.Parse(request);
        request.RefuseNamespace();
        agent.RequireDatacenter(options.Datacenter);
        return request.Tail.Split('/', 2) switch
        {
            [""] => ListAsync(request, options, ConfigEntryKinds.All),
            [var kind] => ListAsync(request, options, [ConfigEntryKinds.Named(kind)]),
            [var kind, var name] => GetAsync(request, options, ConfigEntryKinds.Named(kind), name),
            _ => throw new InvalidOperationException("a split into two parts gave more"),
        };
    }

    // CE-24. ACL-PERM-39: the right comes before existence; looked at again after the wait, when it may have gone.
    private async Task GetAsync(WireRequest request, ReadOptions options, ConfigEntryKind kind, string name)
    {
        RequireRead(await servers.ResolveTokenAsync(options.Token, request.Aborted), kind, name);
        var (entry, index) = await entries.GetAsync(kind, name, ControlPlaneReads.Blocking(options, tokens), request.Aborted);
        var rights = await servers.ResolveTokenAsync(options.Token, request.Aborted);
        RequireRead(rights, kind, name);
        RequireRead(rights, kind, entry?.Name ?? name);
        WireReply.QueryHeaders(request.Context, index);
        await WireReply.JsonAsync<JsonNode>(
            request,
            entry is null
                ? throw new WireException(
                    StatusCodes.Status404NotFound, $"Config entry not found for {GoQuote.Of(kind.Name)} / {GoQuote.Of(name)}")
                : kind.Show(entry),
            ConfigEntryJson.Default.JsonNode);
    }

    // CE-25, CFG-5. What the token may not see is left out.
    private async Task ListAsync(WireRequest request, ReadOptions options, IReadOnlyList<ConfigEntryKind> kinds)
    {
        await servers.ResolveTokenAsync(options.Token, request.Aborted);
        var (all, index) = await entries.ListAsync(kinds, ControlPlaneReads.Blocking(options, tokens), request.Aborted);
        var rights = await servers.ResolveTokenAsync(options.Token, request.Aborted);
        var visible = request.Visible(all, item => item.Kind.MayRead(rights, item.Entry.Name));
        var shown = new JsonArray([.. visible.Select(item => item.Kind.Show(item.Entry))]);
        WireReply.QueryHeaders(request.Context, index);
        await WireReply.JsonAsync<JsonNode>(request, shown, ConfigEntryJson.Default.JsonNode);
    }

    // CE-26, CE-27.
    private async Task DeleteAsync(WireRequest request)
    {
        if (request.Tail.Split('/', 2) is not [var kindName, { Length: > 0 } name])
        {
            throw new WireException(StatusCodes.Status404NotFound, "Must provide both a kind and name to delete");
        }

        var kind = ConfigEntryKinds.Named(kindName);
        request.RefuseNamespace();
        var cas = Cas(request);
        var rights = await servers.ResolveTokenAsync(request.Token(), request.Aborted);
        RequireConnect(kind);
        rights.Require(entries.NamesOf(kind, name).Select(kind.ToDelete));
        var isGone = await entries.DeleteAsync(kind, name, cas);
        await WireReply.JsonAsync(request, cas is null ? new JsonObject() : JsonValue.Create(isGone), ConfigEntryJson.Default.JsonNode);
    }

    private static void RequireRead(TokenRights rights, ConfigEntryKind kind, string name) =>
        TokenRights.Require(kind.MayRead(rights, name), kind.ToRead(name));

    private static (ConfigEntryKind Kind, JsonObject Document) Decode(JsonElement body)
    {
        try
        {
            return ConfigEntryKinds.Decode(body);
        }
        catch (MapstructureException error)
        {
            throw Undecodable(error.Message);
        }
    }

    private static WireException Undecodable(string error) => WireException.BadRequest("Request decoding failed: " + error);

    // CE-21, CFG-2: an empty value is none.
    private static ulong? Cas(WireRequest request)
    {
        var text = request.Query.First("cas");
        if (text.Length == 0)
        {
            return null;
        }

        if (!text.AsSpan().ContainsAnyExceptInRange('0', '9'))
        {
            return ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var index)
                ? index
                : throw WireException.Failed($"strconv.ParseUint: parsing {GoQuote.Of(text)}: value out of range");
        }

        throw WireException.Failed($"strconv.ParseUint: parsing {GoQuote.Of(text)}: invalid syntax");
    }

    // IAPI-8: reads still answer.
    private void RequireConnect(ConfigEntryKind kind)
    {
        if (kind.NeedsConnect)
        {
            agent.RequireConnect();
        }
    }
}
