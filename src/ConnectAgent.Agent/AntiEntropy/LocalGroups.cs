using ConnectAgent.Agent.Catalog;
using ConnectAgent.Agent.Identity;
using ConnectAgent.Agent.LocalServices;
using ConnectAgent.Protocol.Services;
using Microsoft.Extensions.Logging;

namespace ConnectAgent.Agent.AntiEntropy;

/// <summary>What is here, as the catalog is to have it.</summary>
internal sealed class LocalGroups(LocalState local, SyncOptions options, OwnNode self, AgentIdentity agent, ILogger logger)
{
    private const string ServerService = "consul";

    private int _isTold;

    /// <summary>Whether a service of the agent's node is the servers' (AE-2): on the node of one it is, whatever is registered here (AE-4).</summary>
    public bool IsServers(LocalView view, string id) => id == ServerService && (!options.IsRemote || view.Service(id) is null);

    /// <summary>A group as it is now.</summary>
    /// <param name="group">Remembers what its service was written under.</param>
    /// <param name="isNode">Whether it is that of the node.</param>
    public LocalGroup Of(SyncGroup group, bool isNode)
    {
        var view = local.Current;
        var service = view.Service(group.Id);
        if (service is not null && IsServers(view, group.Id))
        {
            // The server would write its own back, and so on.
            if (Interlocked.Exchange(ref _isTold, 1) == 0)
            {
                logger.IdIsServers(group.Id);
            }

            return new LocalGroup(group.Id, self.Current, null, string.Empty, [], id => view.Check(id) is not null);
        }

        if (service is not null)
        {
            group.Token = Or(service.Token, agent.DefaultToken);
        }

        // AE-5. What is not here any more goes under the token that it came with.
        var token = isNode ? agent.AgentToken : group.Token ?? agent.AgentToken;
        List<LocalGroup.Check> checks =
        [
            .. view.ChecksOf(group.Id).Select(check => new LocalGroup.Check(
                AsWritten(check.Health, service?.Visible),
                Or(check.Registered.Token, service is null ? agent.DefaultToken : token))),
        ];
        if (isNode && options.IsRemote)
        {
            checks.Add(new LocalGroup.Check(OwnCheck.Of(self.Current, isAlive: true), token));
        }

        return new LocalGroup(
            group.Id, self.Current, service?.Visible, token, checks, id => view.Check(id) is not null || (options.IsRemote && id == OwnCheck.Id))
        {
            WritesNode = isNode && options.IsRemote,
        };
    }

    // The catalog gives a check the tags that its service has, and would differ for ever from a check that shows those of its registration.
    private HealthCheck AsWritten(HealthCheck check, NodeService? service)
    {
        var written = service is null || ReferenceEquals(service.Tags, check.ServiceTags) ? check : check with { ServiceTags = service.Tags };
        return options.DiscardsOutput ? written with { Output = string.Empty } : written;
    }

    private static string Or(string token, string other) => token.Length > 0 ? token : other;
}
