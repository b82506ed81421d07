using ConnectAgent.ControlPlane.Catalog;
using ConnectAgent.Protocol.Services;
using FluentAssertions;
using Xunit;
using static ConnectAgent.Tests.ControlPlane.Catalog.CatalogFixture;

namespace ConnectAgent.Tests.ControlPlane.Catalog;

/// <summary>Random writes against a catalog that is as naive as can be: every read, and who wakes by each write (services CAT-3 to CAT-16, HLT-1 to HLT-6).</summary>
public sealed class CatalogModelTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly string[] Nodes = ["n1", "N2", "n3"];
    private static readonly string[] Names = ["web", "WEB", "db", "api"];
    private static readonly string[] Statuses = ["passing", "warning", "critical"];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Every_read_and_every_wake_is_that_of_the_model(int seed)
    {
        using var catalog = new CatalogFixture();
        var model = new Model();
        var random = new Random(seed);
        Dictionary<string, Held> held = [];
        foreach (var (name, connect) in Queries)
        {
            held[Key(name, connect)] = Hold(catalog, name, connect, (await catalog.HealthAsync(name, connect)).Index, model);
        }

        for (var step = 0; step < 200; step++)
        {
            // When
            var last = catalog.State.LastIndex;
            var changes = await StepAsync(catalog, model, random);
            (catalog.State.LastIndex > last).Should().Be(changes, "step {0}: what is there already moves no index", step);

            // Then
            foreach (var (name, connect) in Queries)
            {
                var (health, index) = await catalog.HealthAsync(name, connect);
                var text = Text(health);
                text.Should().Be(model.Health(name, connect), "step {0}", step);
                Text((await catalog.InstancesAsync(name, connect)).Value).Should().Be(model.Instances(name, connect));
                var one = held[Key(name, connect)];
                if (text == one.Text)
                {
                    one.Answer.IsCompleted.Should().BeFalse("step {0}: nothing of {1} has changed", step, one);
                }
                else
                {
                    Text((await one.Answer.WaitAsync(Patience)).Value).Should().Be(text);
                    held[Key(name, connect)] = Hold(catalog, name, connect, index, model);
                }
            }

            await CompareAsync(catalog, model);
        }
    }

    private static IEnumerable<(string Name, bool Connect)> Queries =>
        from name in Names.Append("absent") from connect in new[] { false, true } select (name, connect);

    private static string Key(string name, bool connect) => name + connect;

    private static Held Hold(CatalogFixture catalog, string name, bool connect, ulong index, Model model) =>
        new(model.Health(name, connect), catalog.HealthAsync(name, connect, index));

    private static async Task<bool> StepAsync(CatalogFixture catalog, Model model, Random random)
    {
        var node = Nodes[random.Next(Nodes.Length)];
        var id = "s" + random.Next(3);
        var before = model.ToString();
        switch (random.Next(7))
        {
            case 0:
                var address = "10.0.0." + random.Next(3);
                await catalog.RegisterAsync(new CatalogRegistration(Node(node, address: address)));
                model.Nodes[Lower(node)] = address;
                break;
            case 1 or 2:
                var name = Names[random.Next(Names.Length)];
                var service = random.Next(3) switch
                {
                    0 => ProxyOf(id, name),
                    1 => Service(id, name) with { IsNative = true },
                    _ => Service(id, name, "t" + random.Next(2)),
                };
                await catalog.PutAsync(node, service);
                model.Nodes.TryAdd(Lower(node), "10.0.0.1");
                var renamed = model.Services.GetValueOrDefault((Lower(node), id))?.Name != service.Name;
                model.Services[(Lower(node), id)] = service;
                foreach (var key in model.Checks.Where(one => renamed && one.Key.Node == Lower(node) && one.Value.Service == id).Select(one => one.Key).ToList())
                {
                    model.Checks[key] = (id, model.Checks[key].Status, service.Name, string.Join(',', service.Tags));
                }

                break;
            case 3 or 4:
                var ofService = random.Next(2) == 0 && model.Services.ContainsKey((Lower(node), id)) ? id : string.Empty;
                var (check, status) = ("c" + random.Next(3), Statuses[random.Next(3)]);
                await catalog.PutAsync(node, Check(check, ofService, status));
                model.Nodes.TryAdd(Lower(node), "10.0.0.1");
                model.Checks[(Lower(node), check)] = (ofService, status, ofService.Length > 0 ? model.Services[(Lower(node), id)].Name : string.Empty, Tags(model, node, ofService));
                break;
            case 5:
                var what = random.Next(2) == 0 ? (id, string.Empty) : (string.Empty, "c" + random.Next(3));
                await catalog.DeregisterAsync(node, what.Item1, what.Item2);
                model.Remove(Lower(node), what.Item1, what.Item2);
                break;
            default:
                if (random.Next(4) == 0)
                {
                    await catalog.DeregisterAsync(node);
                    model.Remove(Lower(node), string.Empty, string.Empty);
                }

                break;
        }

        return model.ToString() != before;
    }

    private static string Tags(Model model, string node, string id) => id.Length > 0 ? string.Join(',', model.Services[(Lower(node), id)].Tags) : string.Empty;

    private static async Task CompareAsync(CatalogFixture catalog, Model model)
    {
        var state = catalog.State.Current;
        CatalogReads.Nodes(state).Value.Select(node => $"{Lower(node.Name)} {node.Address}").Should().Equal(model.Nodes.Select(node => $"{node.Key} {node.Value}"));
        (await catalog.Catalog.ServicesAsync(null, default, CancellationToken.None)).Value
            .Select(service => $"{service.Name}:{string.Join(',', service.Tags.Order(StringComparer.Ordinal))}").Should().Equal(model.Names());
        foreach (var node in Nodes)
        {
            var found = CatalogReads.Node(state, node).Value;
            (found?.Services.Select(service => service.Id) ?? []).Should().Equal(model.Services.Keys.Where(key => key.Node == Lower(node)).Select(key => key.Id));
            CatalogReads.ChecksOfNode(state, node).Value.Select(check => $"{check.CheckId} {check.Status} {check.ServiceId} {check.ServiceName} {string.Join(',', check.ServiceTags)}").Should().Equal(
                model.Checks.Where(check => check.Key.Node == Lower(node)).Select(check => $"{check.Key.Id} {check.Value.Status} {check.Value.Service} {check.Value.Name} {check.Value.Tags}"));
        }

        foreach (var status in Statuses)
        {
            CatalogReads.ChecksInState(state, status).Value.Should().HaveCount(model.Checks.Values.Count(check => check.Status == status));
        }
    }

    private static string Lower(string name) => name.ToLowerInvariant();

    private static string Text(IEnumerable<InstanceHealth> health) => string.Join('\n', health.Select(instance =>
        $"{Lower(instance.Node.Name)} {instance.Node.Address} {instance.Service.Id} {instance.Service.Name} {string.Join(',', instance.Service.Tags)} {instance.Service.Kind}: "
            + string.Join(' ', instance.Checks.Select(check => $"{check.CheckId}={check.Status}/{check.ServiceName}/{string.Join(',', check.ServiceTags)}"))));

    private static string Text(IEnumerable<ServiceInstance> instances) =>
        string.Join('\n', instances.Select(instance => $"{Lower(instance.Node.Name)} {instance.Node.Address} {instance.Service.Id}"));

    /// <summary>A reader that waits, and what there was when it began.</summary>
    private sealed record Held(string Text, Task<(IReadOnlyList<InstanceHealth> Value, ulong Index)> Answer);

    private sealed class Model
    {
        public SortedDictionary<string, string> Nodes { get; } = new(StringComparer.Ordinal);

        public SortedDictionary<(string Node, string Id), NodeService> Services { get; } = [];

        public SortedDictionary<(string Node, string Id), (string Service, string Status, string Name, string Tags)> Checks { get; } = [];

        public void Remove(string node, string service, string check)
        {
            foreach (var key in Checks.Where(one => one.Key.Node == node
                && (service.Length > 0 ? one.Value.Service == service : check.Length == 0 || one.Key.Id == check)).Select(one => one.Key).ToList())
            {
                Checks.Remove(key);
            }

            if (service.Length > 0 || check.Length == 0)
            {
                foreach (var key in Services.Keys.Where(key => key.Node == node && (service.Length == 0 || key.Id == service)).ToList())
                {
                    Services.Remove(key);
                }
            }

            if (service.Length == 0 && check.Length == 0)
            {
                Nodes.Remove(node);
            }
        }

        public string Health(string name, bool connect) => string.Join('\n', Selected(name, connect).Select(one =>
            $"{one.Key.Node} {Nodes[one.Key.Node]} {one.Key.Id} {one.Value.Name} {string.Join(',', one.Value.Tags)} {one.Value.Kind}: "
                + string.Join(' ', Checks.Where(check => check.Key.Node == one.Key.Node && (check.Value.Service.Length == 0 || check.Value.Service == one.Key.Id))
                    .Select(check => $"{check.Key.Id}={check.Value.Status}/{check.Value.Name}/{check.Value.Tags}"))));

        public string Instances(string name, bool connect) =>
            string.Join('\n', Selected(name, connect).Select(one => $"{one.Key.Node} {Nodes[one.Key.Node]} {one.Key.Id}"));

        public IEnumerable<string> Names() => Services.Values.GroupBy(service => service.Name, StringComparer.Ordinal).OrderBy(one => one.Key, StringComparer.Ordinal)
            .Select(one => $"{one.Key}:{string.Join(',', one.SelectMany(service => service.Tags).Distinct().Order(StringComparer.Ordinal))}");

        public override string ToString() => string.Join('\n', Nodes.Select(one => $"{one}")
            .Concat(Services.Select(one => $"{one.Key} {one.Value.Name} {one.Value.Kind} {one.Value.IsNative} {string.Join(',', one.Value.Tags)}"))
            .Concat(Checks.Select(one => $"{one}")));

        private IEnumerable<KeyValuePair<(string Node, string Id), NodeService>> Selected(string name, bool connect) => Services.Where(one =>
            Lower((connect ? one.Value.ConnectName : one.Value.Name) ?? string.Empty) == Lower(name));
    }
}
