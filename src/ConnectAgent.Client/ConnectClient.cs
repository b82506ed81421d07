using System.Collections.Concurrent;

namespace ConnectAgent.Client;

/// <summary>
/// The API of an agent. Thread-safe; make one for each process and token, and keep it: identities and watches of the same client share what they know.
/// Every call throws <see cref="ConnectException"/> for an answer other than 200 and where no agent answers.
/// </summary>
public sealed class ConnectClient : IDisposable
{
    private readonly ConcurrentDictionary<string, IdentityFeed> _identities = new(StringComparer.Ordinal);

    /// <summary>Makes a client of the agent that the environment names, else of the one at 127.0.0.1:8500. Nothing is sent yet.</summary>
    public ConnectClient()
        : this(ConnectClientOptions.FromEnvironment())
    {
    }

    /// <summary>Makes a client. Nothing is sent yet.</summary>
    /// <param name="options">Which agents, and how they are reached.</param>
    /// <exception cref="ConnectException">An address or a file that cannot be used.</exception>
    public ConnectClient(ConnectClientOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        Transport = new ConnectTransport(options);
        (Agent, Connect, Intentions, ConfigEntries) = (new(Transport), new(Transport), new(Transport), new(Transport));
        (Catalog, Health, Acl) = (new(Transport), new(Transport), new(Transport));
    }

    /// <summary>Roots, leaves, decisions, the CA and its revocations: <c>/v1/agent/connect</c> and <c>/v1/connect/ca</c>.</summary>
    public ConnectOperations Connect { get; }

    /// <summary>The agent itself, its services and checks: <c>/v1/agent</c>.</summary>
    public AgentOperations Agent { get; }

    /// <summary>Intentions: <c>/v1/connect/intentions</c>.</summary>
    public IntentionOperations Intentions { get; }

    /// <summary>Config entries: <c>/v1/config</c>.</summary>
    public ConfigEntryOperations ConfigEntries { get; }

    /// <summary>The catalog: <c>/v1/catalog</c>.</summary>
    public CatalogOperations Catalog { get; }

    /// <summary>Health of services: <c>/v1/health</c>.</summary>
    public HealthOperations Health { get; }

    /// <summary>ACLs: <c>/v1/acl</c>.</summary>
    public AclOperations Acl { get; }

    internal ConnectTransport Transport { get; }

    /// <summary>Closes the connections. Identities of this client must have been given back before.</summary>
    public void Dispose() => Transport.Dispose();

    /// <summary>The watch of a service's credential: one, however many use it.</summary>
    internal IdentityFeed Share(string service, ConnectIdentityOptions options)
    {
        while (true)
        {
            var feed = _identities.GetOrAdd(service, name => new IdentityFeed(this, name, options));
            if (feed.TryAddUser())
            {
                return feed;
            }

            // Its last user has just left.
            Forget(feed);
        }
    }

    internal void Forget(IdentityFeed feed) => _identities.TryRemove(new(feed.Service, feed));
}
