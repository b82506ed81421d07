using System.Text.Json;
using ConnectAgent.ControlPlane;
using ConnectAgent.ControlPlane.Chains;
using ConnectAgent.ControlPlane.ConfigEntries;
using ConnectAgent.ControlPlane.ConfigEntries.Kinds;
using ConnectAgent.Protocol.Chains;
using ConnectAgent.State;
using ConnectAgent.State.Storage;
using ConnectAgent.Tests.ControlPlane.Intentions;

namespace ConnectAgent.Tests.ControlPlane.Chains;

/// <summary>Config entries of one state, checked one by one but not together, and the chains that they make in the datacenter dc1.</summary>
internal sealed class ChainFixture
{
    private readonly StateSnapshot _state;

    private ChainFixture(StateSnapshot state) => _state = state;

    public static ChainFixture Of(params IReadOnlyList<string> entries)
    {
        using var store = new StateStore(new MemoryStateStorage(), ControlPlaneTables.All);
        store.WriteAsync(writer =>
        {
            foreach (var (kind, document) in entries.Select(IntentionFixture.Decode))
            {
                writer.Put(DocumentKinds.RowsOf(kind.Name), (ConfigEntry)kind.Make(document));
            }

            return true;
        }).Wait();
        return new ChainFixture(store.Current);
    }

    public DiscoveryChain Compile(string service, ChainOverrides? overrides = null, string datacenter = "dc1") => new ChainCompiler(
        new ChainEntries(_state),
        new ChainRequest(service, datacenter, "dc1", "td.consul") { Overrides = overrides ?? ChainOverrides.None }).Run();

    public static string Show(DiscoveryChain chain)
    {
        using var text = new MemoryStream();
        using (var writer = new Utf8JsonWriter(text))
        {
            ChainJson.Write(writer, chain);
        }

        return System.Text.Encoding.UTF8.GetString(text.ToArray());
    }
}
