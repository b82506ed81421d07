using System.Text.Json;
using ConnectAgent.Agent.Catalog;
using ConnectAgent.Agent.Identity;
using ConnectAgent.Agent.Servers;
using ConnectAgent.Agent.Servers.Transport;
using ConnectAgent.Protocol.Errors;

namespace ConnectAgent.Agent.AntiEntropy;

/// <summary>
/// How many nodes the servers' catalog has, because agents of a large cluster compare less often (services AE-1). There is no membership that would tell, so it is
/// looked at now and then.
/// </summary>
internal sealed class ClusterSize(IServerClient servers, SyncOptions options, OwnNode self, AgentIdentity agent)
{
    private const int ComparisonsBetween = 10;
    private int _comparisons;

    /// <summary>0 while it is not known.</summary>
    public int Nodes { get; private set; }

    /// <summary>A comparison has gone well; with some of them the nodes are counted anew.</summary>
    public async Task LookAsync(CancellationToken cancellationToken)
    {
        if (!options.IsRemote || _comparisons++ % ComparisonsBetween != 0)
        {
            return;
        }

        try
        {
            var query = new ServerQuery(self.Current.Datacenter, agent.AgentToken, default);
            var read = await servers.ReadAsync(CountRead.Instance, default(Everything), query, cancellationToken);
            Nodes = read.Value.Nodes;
        }
        catch (ServerException)
        {
            // The last count still holds.
        }
    }

    private readonly record struct Everything;

    private sealed record Count(int Nodes);

    private sealed class CountRead : IServerReadKind<Everything, Count>
    {
        public static CountRead Instance { get; } = new();

        public string Name => "catalog-nodes";

        public string NotServed => NodeRead.Instance.NotServed;

        // How old it is does not matter.
        public string TargetOf(Everything request) => "/v1/catalog/nodes?stale&";

        public Count Decode(Everything request, ConsulAnswer answer)
        {
            try
            {
                var nodes = 0;
                var reader = new Utf8JsonReader(answer.Body.Span);
                while (reader.Read())
                {
                    nodes += reader is { TokenType: JsonTokenType.StartObject, CurrentDepth: 1 } ? 1 : 0;
                }

                return new Count(nodes);
            }
            catch (JsonException error)
            {
                throw answer.Garbage(error.Message);
            }
        }
    }
}
