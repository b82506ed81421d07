using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using ConnectAgent.TestKit.Authority;
using ConnectAgent.TestKit.Processes;
using FluentAssertions;
using Xunit;
using Xunit.Abstractions;

namespace ConnectAgent.FunctionalTests;

/// <summary>
/// Pairs of services open new mutual-TLS connections all the time while the CA changes its root three times, and each side takes up its new
/// leaf and its new roots when it likes. Not one handshake may fail (ca CA-57). Fifteen pairs; <c>SOAK=1</c> takes fifty.
/// </summary>
public sealed class RotationUnderLoadTests(ITestOutputHelper output)
{
    private static readonly int Pairs = Soak.Of(15, 50);
    private const int HandshakesPerStage = 4;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    [Fact]
    public async Task Not_one_handshake_fails_while_the_root_changes_three_times()
    {
        // Given
        using var limit = new CancellationTokenSource(Patience);
        await using var agent = await AgentProcess.StartAsync(new JsonObject
        {
            ["limits"] = new JsonObject { ["http_max_conns_per_client"] = 1000 },
            ["connect"] = new JsonObject
            {
                ["test_ca_leaf_root_change_spread"] = "100ms",
                ["ca_config"] = new JsonObject { ["csr_max_per_second"] = 0 },
            },
        });
        var seen = new ConcurrentDictionary<(string Chain, string Roots), bool>();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(limit.Token);
        var holders = await Task.WhenAll(Enumerable.Range(0, 2 * Pairs).Select(i => Holder.StartAsync(agent, "s" + i, i, stop.Token)));
        var pairs = Enumerable.Range(0, Pairs).Select(i => new Pair(holders[2 * i], holders[(2 * i) + 1], seen)).ToList();
        var running = pairs.Select(pair => pair.RunAsync(stop.Token)).ToList();
        await ReachedAsync(running, pairs.Select(pair => pair.MadeAsync(HandshakesPerStage)), limit.Token);

        // When
        foreach (var key in new[] { "\"PrivateKeyBits\":384", "\"PrivateKeyType\":\"rsa\",\"PrivateKeyBits\":2048", "\"PrivateKeyBits\":256" })
        {
            var root = await RotateAsync(agent, $$"""{"Provider":"consul","Config":{{{key}},"CSRMaxPerSecond":0} }""");
            await ReachedAsync(running, holders.Select(holder => holder.HasAsync(root)), limit.Token);
            await ReachedAsync(running, pairs.Select(pair => pair.MadeAsync(HandshakesPerStage)), limit.Token);
        }

        await stop.CancelAsync();
        await Task.WhenAll(running.Concat(holders.Select(holder => holder.Loops)))
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);

        // Then
        pairs.SelectMany(pair => pair.Failures).Should().BeEmpty();
        output.WriteLine($"{pairs.Sum(pair => pair.Count)} handshakes, {seen.Count} combinations of chain and roots, {seen.Keys.Select(key => key.Roots).Distinct().Count()} sets of roots");
        seen.Keys.Select(key => key.Roots).Distinct().Should().HaveCountGreaterThanOrEqualTo(4, "each generation of roots was in use");
        await VerifyAllAsync(seen.Keys);
    }

    // A loop that ends early has failed, and says why.
    private static async Task ReachedAsync(List<Task> running, IEnumerable<Task> goals, CancellationToken cancellationToken)
    {
        var all = Task.WhenAll(goals);
        await Task.WhenAny(running.Append(all)).WaitAsync(cancellationToken);
        foreach (var ended in running.Where(task => task.IsCompleted))
        {
            await ended;
        }

        await all.WaitAsync(cancellationToken);
    }

    private static async Task<string> RotateAsync(AgentProcess agent, string body)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await agent.Http.PutAsync(new Uri("/v1/connect/ca/configuration", UriKind.Relative), content);
        (await answer.Content.ReadAsStringAsync()).Should().BeEmpty();
        var roots = JsonNode.Parse(await agent.Http.GetStringAsync(new Uri("/v1/connect/ca/roots", UriKind.Relative)))!;
        return (string)roots["ActiveRootID"]!;
    }

    // One run of openssl for all leaves that share roots and chain.
    private static async Task VerifyAllAsync(IEnumerable<(string Chain, string Roots)> seen)
    {
        using var folder = new TemporaryFolder();
        var number = 0;
        const string End = "-----END CERTIFICATE-----\n";
        foreach (var group in seen.GroupBy(pair => (pair.Roots, Tail: pair.Chain[(pair.Chain.IndexOf(End, StringComparison.Ordinal) + End.Length)..])))
        {
            var roots = folder.Write($"roots{++number}.pem", group.Key.Roots);
            string[] untrusted = group.Key.Tail.Length > 0 ? ["-untrusted", folder.Write($"tail{number}.pem", group.Key.Tail)] : [];
            var leaves = group.Select((pair, i) => folder.Write($"leaf{number}-{i}.pem", pair.Chain[..(pair.Chain.IndexOf(End, StringComparison.Ordinal) + End.Length)])).ToList();
            var (code, verified, errors) = await RunningProcess.RunAsync("openssl", ["verify", "-x509_strict", "-CAfile", roots, .. untrusted, .. leaves]);
            errors.Should().BeEmpty();
            verified.Split('\n').Count(line => line.EndsWith(": OK", StringComparison.Ordinal)).Should().Be(leaves.Count);
            code.Should().Be(0);
            foreach (var (chain, trusted) in group)
            {
                CertificateJudge.Accept(chain, trusted).Should().StartWith("spiffe://");
            }
        }
    }

    /// <summary>One service: what it was given and what it uses. What is given is taken up some handshakes later.</summary>
    private sealed class Holder
    {
        private readonly Lock _gate = new();
        private readonly Random _random;
        private readonly Queue<(int Lag, Action Take)> _news = new();
        private readonly List<(string Root, TaskCompletionSource Done)> _awaited = [];
        private string _rootId = string.Empty;
        private string _leafIssuer = string.Empty;
        private string _signingKey = string.Empty;

        private Holder(int seed) => _random = new Random(seed);

        public string Chain { get; private set; } = string.Empty;

        public string RootsPem { get; private set; } = string.Empty;

        public SslStreamCertificateContext Leaf { get; private set; } = null!;

        public X509Certificate2Collection Trusted { get; private set; } = [];

        public Task Loops { get; private set; } = Task.CompletedTask;

        public static async Task<Holder> StartAsync(AgentProcess agent, string service, int seed, CancellationToken cancellationToken)
        {
            var holder = new Holder(seed);
            var roots = await holder.WatchAsync(agent, "/v1/agent/connect/ca/roots", 0, holder.TakeRoots, cancellationToken);
            var leaf = await holder.WatchAsync(agent, "/v1/agent/connect/ca/leaf/" + service, 0, holder.TakeLeaf, cancellationToken);
            holder.TakeUp(all: true);
            holder.Loops = Task.WhenAll(
                holder.FollowAsync(agent, "/v1/agent/connect/ca/roots", roots, holder.TakeRoots, cancellationToken),
                holder.FollowAsync(agent, "/v1/agent/connect/ca/leaf/" + service, leaf, holder.TakeLeaf, cancellationToken));
            return holder;
        }

        /// <summary>Completes when the holder uses a root and a leaf under it.</summary>
        public Task HasAsync(string rootId)
        {
            lock (_gate)
            {
                var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                _awaited.Add((rootId, done));
                Announce();
                return done.Task;
            }
        }

        /// <summary>Before each handshake: takes up what has waited long enough.</summary>
        public void TakeUp(bool all = false)
        {
            lock (_gate)
            {
                while (_news.TryPeek(out var next) && (all || next.Lag <= 0))
                {
                    _news.Dequeue();
                    next.Take();
                }

                if (_news.TryDequeue(out var first))
                {
                    var rest = _news.ToList();
                    _news.Clear();
                    _news.Enqueue((first.Lag - 1, first.Take));
                    rest.ForEach(_news.Enqueue);
                }

                Announce();
            }
        }

        private void Announce()
        {
            foreach (var (_, done) in _awaited.Where(wanted => wanted.Root == _rootId && _leafIssuer == _signingKey))
            {
                done.TrySetResult();
            }
        }

        private async Task FollowAsync(AgentProcess agent, string path, ulong index, Action<JsonNode> take, CancellationToken cancellationToken)
        {
            while (!cancellationToken.IsCancellationRequested)
            {
                index = await WatchAsync(agent, path, index, take, cancellationToken);
            }
        }

        private async Task<ulong> WatchAsync(AgentProcess agent, string path, ulong index, Action<JsonNode> take, CancellationToken cancellationToken)
        {
            using var answer = await agent.Http.GetAsync(new Uri($"{path}?index={index}&wait=60s", UriKind.Relative), cancellationToken);
            var text = await answer.Content.ReadAsStringAsync(cancellationToken);
            answer.StatusCode.Should().Be(HttpStatusCode.OK, text);
            var news = JsonNode.Parse(text)!;
            lock (_gate)
            {
                _news.Enqueue((_random.Next(4), () => take(news)));
            }

            return ulong.Parse(answer.Headers.GetValues("X-Consul-Index").Single());
        }

        private void TakeRoots(JsonNode roots)
        {
            RootsPem = string.Concat(roots["Roots"]!.AsArray().Select(root => (string)root!["RootCert"]!));
            var trusted = new X509Certificate2Collection();
            trusted.ImportFromPem(RootsPem);
            Trusted = trusted;
            _rootId = (string)roots["ActiveRootID"]!;
            _signingKey = (string)roots["Roots"]!.AsArray().Single(root => (bool)root!["Active"]!)!["SigningKeyID"]!;
        }

        private void TakeLeaf(JsonNode leaf)
        {
            Chain = (string)leaf["CertPEM"]!;
            var certificate = X509Certificate2.CreateFromPem(Chain, (string)leaf["PrivateKeyPEM"]!);
            var chain = new X509Certificate2Collection();
            chain.ImportFromPem(Chain);
            chain.RemoveAt(0);
            Leaf = SslStreamCertificateContext.Create(certificate, chain, offline: true);
            _leafIssuer = Convert.ToHexStringLower(
                certificate.Extensions.OfType<X509AuthorityKeyIdentifierExtension>().Single().KeyIdentifier!.Value.Span);
            _leafIssuer = string.Join(':', _leafIssuer.Chunk(2).Select(pair => new string(pair)));
        }
    }

    /// <summary>A client and a server that shake hands again and again.</summary>
    private sealed class Pair(Holder client, Holder server, ConcurrentDictionary<(string Chain, string Roots), bool> seen)
    {
        private readonly Lock _gate = new();
        private readonly List<(int At, TaskCompletionSource Done)> _goals = [];

        public int Count { get; private set; }

        public ConcurrentQueue<string> Failures { get; } = new();

        /// <summary>Completes when so many more handshakes were made.</summary>
        public Task MadeAsync(int more)
        {
            lock (_gate)
            {
                var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                _goals.Add((Count + more, done));
                return done.Task;
            }
        }

        public async Task RunAsync(CancellationToken cancellationToken)
        {
            using var listener = new TcpListener(IPAddress.Loopback, 0);
            listener.Start();
            while (!cancellationToken.IsCancellationRequested)
            {
                client.TakeUp();
                server.TakeUp();
                try
                {
                    await ShakeHandsAsync((IPEndPoint)listener.LocalEndpoint, listener, cancellationToken);
                }
                catch (Exception error) when (!cancellationToken.IsCancellationRequested)
                {
                    Failures.Enqueue(error.ToString());
                    throw;
                }

                lock (_gate)
                {
                    Count++;
                    _goals.Where(goal => goal.At <= Count).ToList().ForEach(goal => goal.Done.TrySetResult());
                }
            }
        }

        private static X509ChainPolicy Policy(X509Certificate2Collection roots, string usage)
        {
            var policy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
                DisableCertificateDownloads = true,
            };
            policy.CustomTrustStore.AddRange(roots);
            policy.ApplicationPolicy.Add(new System.Security.Cryptography.Oid(usage));
            return policy;
        }

        // A SPIFFE peer is known by its URI, so a name that does not match is expected; anything else is a failure.
        private static bool IgnoringNames(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors) =>
            (errors & ~SslPolicyErrors.RemoteCertificateNameMismatch) == SslPolicyErrors.None;

        private async Task ShakeHandsAsync(IPEndPoint address, TcpListener listener, CancellationToken cancellationToken)
        {
            using var outgoing = new TcpClient();
            var accepting = listener.AcceptTcpClientAsync(cancellationToken);
            await outgoing.ConnectAsync(address, cancellationToken);
            using var incoming = await accepting;
            await using var serverStream = new SslStream(incoming.GetStream());
            await using var clientStream = new SslStream(outgoing.GetStream());
            var serving = serverStream.AuthenticateAsServerAsync(
                new SslServerAuthenticationOptions
                {
                    ServerCertificateContext = server.Leaf,
                    ClientCertificateRequired = true,
                    AllowTlsResume = false,
                    CertificateChainPolicy = Policy(server.Trusted, "1.3.6.1.5.5.7.3.2"),
                    RemoteCertificateValidationCallback = IgnoringNames,
                },
                cancellationToken);
            var asking = clientStream.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
                    TargetHost = "peer",
                    ClientCertificateContext = client.Leaf,
                    AllowTlsResume = false,
                    CertificateChainPolicy = Policy(client.Trusted, "1.3.6.1.5.5.7.3.1"),
                    RemoteCertificateValidationCallback = IgnoringNames,
                },
                cancellationToken);
            await Task.WhenAll(serving, asking);
            serverStream.IsMutuallyAuthenticated.Should().BeTrue();
            seen.TryAdd((server.Chain, client.RootsPem), true);
            seen.TryAdd((client.Chain, server.RootsPem), true);
        }
    }
}
