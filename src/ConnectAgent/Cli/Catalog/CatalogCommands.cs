using System.CommandLine;
using System.Text.Json;
using ConnectAgent.Cli.Framework;
using ConnectAgent.Client.Api;

namespace ConnectAgent.Cli.Catalog;

/// <summary><c>catalog …</c> (clients section 5).</summary>
internal static class CatalogCommands
{
    private const int ShortId = 8;
    private const int TagGap = 6;

    private static readonly Option<bool> Detailed = Flag.Switch("detailed", "Shows whole IDs, tagged addresses and metadata.");
    private static readonly Option<string?> Near = Flag.Text("near", "The node that others are sorted around.");
    private static readonly Option<string[]> NodeMeta = Flag.Texts("node-meta", "A key=value pair that nodes must have.");
    private static readonly Option<string?> Service = Flag.Text("service", "Only nodes with this service.");
    private static readonly Option<string?> Filter = Flag.Text("filter", "A filter expression.");
    private static readonly Option<bool> Tags = Flag.Switch("tags", "Shows the tags of each service.");
    private static readonly Option<string?> Node = Flag.Text("node", "Only services of this node.");

    public static CliCommand Create() => CliCommand.Group(
        "catalog",
        "What is registered.",
        CliCommand.Asking("datacenters", "Lists the datacenters.", "catalog datacenters", static async call =>
        {
            foreach (var datacenter in (await call.AskAsync(ApiRequest.Get("/v1/catalog/datacenters"), "Error listing datacenters: ")).AsItems())
            {
                call.Done(datacenter.AsText());
            }

            return 0;
        }),
        CliCommand.Asking("nodes", "Lists the nodes.", "catalog nodes -service web", NodesAsync, Detailed, Near, NodeMeta, Service, Filter),
        CliCommand.Asking("services", "Lists the services.", "catalog services -tags", ServicesAsync, Tags, Node, NodeMeta));

    private static async Task<int> NodesAsync(Invocation call)
    {
        var service = call.Given(Service);
        var request = ApiRequest.Get(service is null ? "/v1/catalog/nodes" : "/v1/catalog/service/" + ApiRequest.Escape(service))
            .With("near", call.Given(Near)).With("filter", call.Given(Filter));
        AddMeta(call, request);

        // A service may stand on a node more than once.
        var nodes = (await call.AskAsync(request, service is null ? "Error listing nodes: " : "Error listing nodes for service: ")).AsItems()
            .DistinctBy(static node => node.Text("Node"), StringComparer.Ordinal).ToList();
        if (nodes.Count == 0)
        {
            await call.Errors.WriteLineAsync("No nodes match the given query - try expanding your search.");
            return 0;
        }

        var rows = call.Of(Detailed)
            ? nodes.Select(static node => new[]
            {
                node.Text("Node"), node.Text("ID"), node.Text("Address"), node.Text("Datacenter"), PairsOf(node.Field("TaggedAddresses")), PairsOf(MetaOf(node)),
            }).Prepend(["Node", "ID", "Address", "DC", "TaggedAddresses", "Meta"])
            : nodes.Select(static node => new[] { node.Text("Node"), Short(node.Text("ID")), node.Text("Address"), node.Text("Datacenter") }).Prepend(["Node", "ID", "Address", "DC"]);
        return call.Table([.. rows]);
    }

    private static async Task<int> ServicesAsync(Invocation call)
    {
        var services = call.Given(Node) is { } node
            ? ByName((await call.AskAsync(Asked("/v1/catalog/node/" + ApiRequest.Escape(node)), $"Error listing services for node \"{node}\": ")).Field("Services"))
            : (await call.AskAsync(Asked("/v1/catalog/services"), "Error listing services: ")).Fields()
                .Select(static service => (service.Name, Tags: service.Value.AsItems().Select(static tag => tag.AsText())));
        var all = services.ToList();
        if (all.Count == 0)
        {
            await call.Errors.WriteLineAsync("No services match the given query - try expanding your search.");
            return 0;
        }

        call.Output.Write(call.Of(Tags) && all.Exists(static service => service.Tags.Any())
            ? TextTable.Of([.. all.Select(static service => new[] { service.Name, string.Join(',', service.Tags.Order(StringComparer.Ordinal)) })], TagGap)
            : string.Concat(all.Select(static service => service.Name + "\n")));
        return 0;

        ApiRequest Asked(string path) => AddMeta(call, ApiRequest.Get(path));
    }

    private static IEnumerable<(string Name, IEnumerable<string> Tags)> ByName(JsonElement services) => services.Fields().Select(static field => field.Value)
        .GroupBy(static service => service.Text("Service"), StringComparer.Ordinal).OrderBy(static group => group.Key, StringComparer.Ordinal)
        .Select(static group => (group.Key, group.SelectMany(static service => service.Items("Tags").Select(static tag => tag.AsText())).Distinct(StringComparer.Ordinal)));

    private static ApiRequest AddMeta(Invocation call, ApiRequest request)
    {
        foreach (var (key, value) in call.Pairs(NodeMeta))
        {
            request.With("node-meta", $"{key}:{value}");
        }

        return request;
    }

    // Of a node, or of the node of an instance.
    private static JsonElement MetaOf(JsonElement node) => node.Field("Meta") is { ValueKind: JsonValueKind.Object } meta ? meta : node.Field("NodeMeta");

    private static string PairsOf(JsonElement map) => string.Join(", ", map.Fields().Select(static pair => $"{pair.Name}={pair.Value.AsText()}"));

    private static string Short(string id) => id.Length > ShortId ? id[..ShortId] : id;
}
