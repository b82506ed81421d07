using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using ConnectAgent.Agent.Leaves;
using ConnectAgent.Agent.Roots;
using ConnectAgent.Caching;
using ConnectAgent.Client;
using ConnectAgent.ControlPlane.Authority;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace ConnectAgent.Testing;

/// <summary>
/// A whole mesh in the test's process: agent and control plane, in memory, with the HTTP API on a free port of the loopback and a clock that the test moves. As many as there are tests may run
/// beside each other.
/// </summary>
/// <example>
/// <code>
/// await using var mesh = await TestMesh.StartAsync();
/// await mesh.DenyAsync("web", "db");
/// using var leaf = await mesh.IssueLeafAsync("web");
/// </code>
/// </example>
public sealed class TestMesh : IAsyncDisposable
{
    // The agent leaves a second of its clock between two leaves of one service.
    private static readonly TimeSpan BetweenLeaves = TimeSpan.FromSeconds(1);

    private readonly WebApplication _app;
    private readonly TestMeshOptions _options;

    private TestMesh(WebApplication app, TestMeshOptions options, ManualTimeProvider clock, string managementToken, string trustDomain)
    {
        (_app, _options, Clock, ManagementToken, TrustDomain) = (app, options, clock, managementToken, trustDomain);
        Address = new Uri(app.Urls.First());
        Client = CreateClient(managementToken);
        Http = new HttpClient { BaseAddress = Address, Timeout = Timeout.InfiniteTimeSpan };
        if (managementToken.Length > 0)
        {
            Http.DefaultRequestHeaders.Add("X-Consul-Token", managementToken);
        }
    }

    /// <summary>Where the agent's HTTP API is: what a program in the mesh has as <c>CONSUL_HTTP_ADDR</c>.</summary>
    public Uri Address { get; }

    /// <summary>
    /// The time of the mesh: of leaves, roots, blocking queries, checks and renewals. It stands until the test moves it. Connections and their time-outs go by the system's clock.
    /// </summary>
    public ManualTimeProvider Clock { get; }

    /// <summary>The token that may do everything; empty without ACLs.</summary>
    public string ManagementToken { get; }

    /// <summary>The trust domain of all SPIFFE IDs: a UUID and <c>.consul</c>.</summary>
    public string TrustDomain { get; }

    /// <summary>Requests to the agent's API, at relative addresses such as <c>/v1/agent/self</c>, with <see cref="ManagementToken"/>. They wait as long as the agent does.</summary>
    public HttpClient Http { get; }

    /// <summary>The agent's typed API, with <see cref="ManagementToken"/>; it is disposed of with the mesh.</summary>
    public ConnectClient Client { get; }

    /// <summary>Starts one; it is ready to sign and to decide when this completes.</summary>
    /// <param name="options">Null for an agent without ACLs that allows what no intention denies.</param>
    /// <param name="cancellationToken">Ends the start.</param>
    /// <returns>The mesh. It ends when it is disposed of.</returns>
    public static async Task<TestMesh> StartAsync(TestMeshOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new TestMeshOptions();
        var clock = new ManualTimeProvider(options.Start ?? TimeProvider.System.GetUtcNow());
        var token = options.HasAcls ? Guid.NewGuid().ToString() : string.Empty;
        var app = await MeshHost.StartAsync(options, token, clock, cancellationToken);
        var roots = await app.Services.GetRequiredService<RootsService>().ForDatacenterAsync(options.Datacenter, cancellationToken);
        return new TestMesh(app, options, clock, token, roots.Value.TrustDomain);
    }

    /// <summary>Makes a client of the agent. Certificates are valid to it by <see cref="Clock"/>; its pauses and time-outs are real.</summary>
    /// <param name="token">An ACL token; null for none.</param>
    /// <returns>The caller's to dispose of.</returns>
    public ConnectClient CreateClient(string? token = null) => new(ClientOptions(token));

    /// <summary>How a program in the mesh reaches the agent, for <see cref="ConnectClient"/> and <c>AddConnectAgent</c>; see <see cref="CreateClient"/>.</summary>
    /// <param name="token">An ACL token; null for none.</param>
    /// <returns>Options that are the caller's to change.</returns>
    public ConnectClientOptions ClientOptions(string? token = null) => new()
    {
        Address = Address.GetLeftPart(UriPartial.Authority),
        Token = string.IsNullOrEmpty(token) ? null : token,
        TimeProvider = new MemberClock(Clock),

        // What the agent holds ends by the mesh's clock, which stands.
        WatchTime = TimeSpan.FromMinutes(10),
    };

    /// <summary>The SPIFFE ID of a service.</summary>
    /// <param name="service">Its name.</param>
    /// <returns><c>spiffe://TRUST-DOMAIN/ns/default/dc/DATACENTER/svc/SERVICE</c>.</returns>
    public Uri SpiffeIdOf(string service) => new($"spiffe://{TrustDomain}/ns/default/dc/{_options.Datacenter}/svc/{Uri.EscapeDataString(service)}");

    /// <summary>The leaf of a service that the agent holds; it is issued when there is none, or when it is due by <see cref="Clock"/>.</summary>
    /// <param name="service">The service's name. It need not be registered.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The caller's to dispose of.</returns>
    public async Task<TestLeaf> IssueLeafAsync(string service, CancellationToken cancellationToken = default)
    {
        var request = new LeafRequest(_options.Datacenter, ManagementToken, service);
        return new TestLeaf((await Service<LeafService>().GetAsync(request, default, cancellationToken)).Value);
    }

    /// <summary>The roots that a member of the mesh trusts now, the active one first.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The caller's to dispose of.</returns>
    public async Task<X509Certificate2Collection> GetRootsAsync(CancellationToken cancellationToken = default)
    {
        var roots = await Service<RootsService>().ForDatacenterAsync(_options.Datacenter, cancellationToken);
        X509Certificate2Collection certificates = [];
        foreach (var root in roots.Value.Roots.OrderByDescending(static root => root.Active))
        {
            certificates.ImportFromPem(root.RootCert);
        }

        return certificates;
    }

    /// <summary>
    /// Gives the CA another root, as <c>connect ca set-config</c> does: both are trusted from then on. The agent has issued its leaves anew under the new one when this completes. Moves <see cref="Clock"/> by a second.
    /// </summary>
    /// <param name="cancellationToken">Ends the wait for the agent, not the rotation.</param>
    public async Task RotateCaAsync(CancellationToken cancellationToken = default)
    {
        Clock.Advance(BetweenLeaves);
        await Service<AuthorityManager>().RotateAsync(CancellationToken.None);
        var (now, _) = await Service<CertificateAuthority>().ReadRootsAsync(default, cancellationToken);
        var request = new RootsRequest(_options.Datacenter);
        for (var known = await Service<RootsService>().GetAsync(request, default, cancellationToken); known.Value.ActiveRootId != now.ActiveRootId;)
        {
            known = await Service<RootsService>().GetAsync(request, new CacheRead(new(known.Index)), cancellationToken);
        }

        // Who asks for one has it at once, and who waits for another one, too.
        await Task.WhenAll(Service<AgentCache>().Entries.Select(static entry => entry.Request).OfType<LeafRequest>()
            .Select(leaf => Service<LeafService>().GetAsync(leaf, default, cancellationToken).AsTask()));
    }

    /// <summary>Allows a service to connect to another one, by an intention; the agent decides so when this completes.</summary>
    /// <param name="source">Who connects; <c>*</c> for everybody.</param>
    /// <param name="destination">Who is connected to; <c>*</c> for everybody.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task AllowAsync(string source, string destination, CancellationToken cancellationToken = default) =>
        IntendAsync(source, destination, Protocol.Intentions.Intention.Allow, cancellationToken);

    /// <summary>Denies it; see <see cref="AllowAsync"/>.</summary>
    /// <inheritdoc cref="AllowAsync"/>
    public Task DenyAsync(string source, string destination, CancellationToken cancellationToken = default) =>
        IntendAsync(source, destination, Protocol.Intentions.Intention.Deny, cancellationToken);

    /// <summary>Takes an intention away; the agent decides without it when this completes. That there is none is no error.</summary>
    /// <inheritdoc cref="AllowAsync"/>
    public async Task RemoveIntentionAsync(string source, string destination, CancellationToken cancellationToken = default)
    {
        await SendAsync(HttpMethod.Delete, Exact(source, destination), body: null, cancellationToken);
        await Service<MeshDecisions>().SettleAsync(cancellationToken);
    }

    /// <summary>Writes a config entry, for instance a <c>service-intentions</c> entry with permissions; the agent decides by it when this completes.</summary>
    /// <param name="json">The entry, as <c>PUT /v1/config</c> takes it.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="HttpRequestException">It was refused; the message has the agent's words.</exception>
    public async Task WriteConfigEntryAsync(string json, CancellationToken cancellationToken = default)
    {
        await SendAsync(HttpMethod.Put, "/v1/config", json, cancellationToken);
        await Service<MeshDecisions>().SettleAsync(cancellationToken);
    }

    /// <summary>Revokes a certificate: authorize refuses its holder from then on, and the agent issues the service another one. Moves <see cref="Clock"/> by a second.</summary>
    /// <param name="serialNumber">As <see cref="TestLeaf.SerialNumber"/> has it.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="HttpRequestException">It was refused; the message has the agent's words.</exception>
    public Task RevokeAsync(string serialNumber, CancellationToken cancellationToken = default)
    {
        Clock.Advance(BetweenLeaves);
        return SendAsync(HttpMethod.Put, "/v1/connect/ca/revoke", new JsonObject { ["SerialNumber"] = serialNumber }.ToJsonString(), cancellationToken);
    }

    /// <summary>Registers an instance of a service that takes part in the mesh by itself; the catalog shows it, passing, when this completes.</summary>
    /// <param name="service">The service's name.</param>
    /// <param name="endpoint">Where it listens.</param>
    /// <param name="id">Tells instances of one service apart; null: the name.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="HttpRequestException">It was refused; the message has the agent's words.</exception>
    public async Task RegisterAsync(string service, IPEndPoint endpoint, string? id = null, CancellationToken cancellationToken = default)
    {
        var body = new JsonObject
        {
            ["ID"] = id ?? service,
            ["Name"] = service,
            [nameof(endpoint.Address)] = endpoint.Address.ToString(),
            [nameof(endpoint.Port)] = endpoint.Port,
            ["Connect"] = new JsonObject { ["Native"] = true },
        };
        await SendAsync(HttpMethod.Put, "/v1/agent/service/register", body.ToJsonString(), cancellationToken);
        await SeenAsync(service, id ?? service, isThere: true, cancellationToken);
    }

    /// <summary>Takes an instance away; the catalog is without it when this completes.</summary>
    /// <param name="service">The service's name.</param>
    /// <param name="id">As it was registered; null: the name.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="HttpRequestException">It was refused; the message has the agent's words.</exception>
    public async Task DeregisterAsync(string service, string? id = null, CancellationToken cancellationToken = default)
    {
        await SendAsync(HttpMethod.Put, "/v1/agent/service/deregister/" + Uri.EscapeDataString(id ?? service), body: null, cancellationToken);
        await SeenAsync(service, id ?? service, isThere: false, cancellationToken);
    }

    /// <summary>Ends agent and control plane; nothing of them is left.</summary>
    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        Http.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    private static string Exact(string source, string destination) =>
        $"/v1/connect/intentions/exact?source={Uri.EscapeDataString(source)}&destination={Uri.EscapeDataString(destination)}";

    private T Service<T>()
        where T : notnull => _app.Services.GetRequiredService<T>();

    private async Task IntendAsync(string source, string destination, string action, CancellationToken cancellationToken)
    {
        await SendAsync(HttpMethod.Put, Exact(source, destination), new JsonObject { ["Action"] = action }.ToJsonString(), cancellationToken);
        await Service<MeshDecisions>().SettleAsync(cancellationToken);
    }

    private async Task SendAsync(HttpMethod method, string path, string? body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : new StringContent(body) };
        using var answer = await Http.SendAsync(request, cancellationToken);
        if (!answer.IsSuccessStatusCode)
        {
            throw new HttpRequestException(
                $"{(int)answer.StatusCode}: {await answer.Content.ReadAsStringAsync(cancellationToken)}", inner: null, answer.StatusCode);
        }
    }

    private async Task SeenAsync(string service, string id, bool isThere, CancellationToken cancellationToken)
    {
        for (var index = "0"; ;)
        {
            using var answer = await Http.GetAsync($"/v1/health/service/{Uri.EscapeDataString(service)}?passing&index={index}", cancellationToken);
            var found = JsonNode.Parse(await answer.EnsureSuccessStatusCode().Content.ReadAsStringAsync(cancellationToken))!.AsArray();
            if (found.Any(instance => (string?)instance!["Service"]!["ID"] == id) == isThere)
            {
                return;
            }

            index = answer.Headers.GetValues("X-Consul-Index").First();
        }
    }
}
