using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using ConnectAgent.TestKit.Processes;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.FunctionalTests;

/// <summary>
/// acl section 9 on the published daemon, by a model: two hundred tokens with changing rights read, block and go, all at once, and none ever sees
/// what another may, nor anything after its end was answered.
/// </summary>
public sealed class TokenIsolationTests
{
    private const int Tokens = 200;
    private const int Services = 20;
    private const int Workers = 12;
    private const int MostParked = 150;
    private static readonly int Steps = Soak.Of(120, 500);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    // A run that has not seen one of them has shown nothing about it.
    private static readonly string[] Wanted =
    [
        "leaf 200", "leaf Permission denied", "leaf ACL not found", "authorize 200", "match 200", "list 200", "parked ACL not found",
        "parked Permission denied", "deleted", "changed",
    ];

    private readonly ConcurrentDictionary<string, string> _ownerOfKey = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> _wrong = new();
    private readonly ConcurrentBag<Parked> _parked = [];
    private readonly ConcurrentDictionary<string, int> _seen = new(StringComparer.Ordinal);
    private int _parkedNow;

    [Fact] // ACL-SEC-1 to ACL-SEC-6; with the embedded control plane the window is zero
    public async Task FA_35_No_token_ever_sees_what_it_may_not()
    {
        // Given
        await using var agent = await AclAgent.StartAsync(new JsonObject
        {
            ["connect"] = new JsonObject { ["ca_config"] = new JsonObject { ["csr_max_per_second"] = 0 } },
            ["limits"] = new JsonObject { ["http_max_conns_per_client"] = 2000 },
        });
        var random = new Random(20);
        for (var i = 0; i < Services; i++)
        {
            await PutIntentionAsync(agent, i, (i + 1) % Services);
        }

        var tokens = new List<ModelToken>();
        for (var i = 0; i < Tokens; i++)
        {
            var granted = Draw(random);
            tokens.Add(new ModelToken(await agent.TokenAsync(RulesOf(granted)), granted));
        }

        // When: so much work, however long it takes, and more where chance has left something out
        using var end = new CancellationTokenSource(Patience);
        using var leave = new CancellationTokenSource();
        await Task.WhenAll(Enumerable.Range(0, Workers).Select(seed => WorkAsync(agent, tokens, new Random(seed), end.Token, leave.Token)));

        // Then
        foreach (var parked in _parked.Where(reader => !reader.Token.MayEver(reader.Token.Acknowledged, reader.Service)))
        {
            await parked.Reader.WaitAsync(Patience);
        }

        _wrong.Should().BeEmpty();
        var left = (await agent.SendAsync(HttpMethod.Get, "/v1/agent/connect/cache", null)).AsArray()
            .Where(entry => (string)entry!["Kind"]! != "connect-ca-root").Select(entry => (string)entry!["Token"]!).Where(token => token.Length > 0).Distinct();
        left.Count().Should().BeLessThanOrEqualTo(tokens.Count(token => token.IsAlive), "nothing is held for a token that is gone");
        Missing().Should().BeEmpty("else this test has shown nothing about it: {0}", string.Join(", ", _seen.OrderBy(pair => pair.Key)));
        await leave.CancelAsync();
    }

    private IEnumerable<string> Missing() => Wanted.Where(what => !_seen.ContainsKey(what));

    private static HashSet<int> Draw(Random random) => [.. Enumerable.Range(0, Services).Where(_ => random.Next(4) == 0)];

    private static string RulesOf(IEnumerable<int> granted) =>
        string.Concat(granted.Select(service => $"service \"s{service}\" {{ policy = \"write\" }} "));

    private static Task<JsonNode> PutIntentionAsync(AclAgent agent, int source, int destination) => agent.SendAsync(
        HttpMethod.Put,
        $"/v1/connect/intentions/exact?source=s{source}&destination=s{destination}",
        new JsonObject { ["Action"] = "allow", ["Description"] = Guid.NewGuid().ToString() });

    private async Task WorkAsync(AclAgent agent, List<ModelToken> tokens, Random random, CancellationToken end, CancellationToken leave)
    {
        for (var step = 0; step < Steps || Missing().Any(); step++)
        {
            end.ThrowIfCancellationRequested();
            var token = tokens[random.Next(Tokens)];
            var service = random.Next(Services);
            switch (random.Next(100))
            {
                case < 30:
                    await LeafAsync(agent, token, service);
                    break;
                case < 50:
                    await AskAsync(agent, "authorize", token, service, AuthorizeAsync);
                    break;
                case < 65:
                    await AskAsync(agent, "match", token, service, (of, secret, at) =>
                        of.GetAsync($"/v1/connect/intentions/match?by=destination&name=s{at}" + (random.Next(2) == 0 ? "&cached" : string.Empty), secret));
                    break;
                case < 75:
                    await ListAsync(agent, token);
                    break;
                case < 80:
                    (await agent.GetAsync("/v1/agent/connect/ca/roots", token.Token.SecretId)).Status.Should().Be(200, "roots are public");
                    break;
                case < 92:
                    await ParkAsync(agent, token, service, leave);
                    break;
                case < 95:
                    await PutIntentionAsync(agent, service, (service + 1) % Services);
                    break;
                case < 98:
                    await ChangeAsync(agent, token, random);
                    break;
                default:
                    await DeleteAsync(agent, token, random);
                    break;
            }
        }
    }

    private async Task LeafAsync(AclAgent agent, ModelToken token, int service)
    {
        var answer = await AskAsync(agent, "leaf", token, service, (of, secret, at) => of.GetAsync($"/v1/agent/connect/ca/leaf/s{at}", secret));
        if (answer.Status == 200)
        {
            var leaf = JsonNode.Parse(answer.Body)!;
            var owner = _ownerOfKey.GetOrAdd((string)leaf["PrivateKeyPEM"]!, $"{token.Token.AccessorId}/s{service}");
            if (owner != $"{token.Token.AccessorId}/s{service}" || (string)leaf["Service"]! != $"s{service}")
            {
                _wrong.Enqueue($"{token.Token.AccessorId} got for s{service} the key of {owner}");
            }
        }
    }

    private static async Task<AclAnswer> AuthorizeAsync(AclAgent agent, string secret, int service)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/agent/connect/authorize")
        {
            Content = new StringContent(
                $$"""{"Target":"s{{service}}","ClientCertURI":"spiffe://11111111-2222-3333-4444-555555555555.consul/ns/default/dc/dc1/svc/s1"}"""),
        };
        request.Headers.Add("X-Consul-Token", secret);
        using var answer = await agent.Http.SendAsync(request);
        return new AclAnswer((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(), string.Empty);
    }

    private async Task<AclAnswer> AskAsync(
        AclAgent agent, string what, ModelToken token, int service, Func<AclAgent, string, int, Task<AclAnswer>> ask)
    {
        var from = token.Acknowledged;
        var answer = await ask(agent, token.Token.SecretId, service);
        Judge(what, token, from, service, answer);
        return answer;
    }

    private void Judge(string what, ModelToken token, int from, int service, AclAnswer answer)
    {
        var fits = answer switch
        {
            { Status: 200 } => token.MayEver(from, service),
            { Status: 403, Body: "ACL not found" } => token.WasEverGone(from),
            { Status: 403, Body: "Permission denied" } => token.MayEverNot(from, service),
            _ => false,
        };
        _seen.AddOrUpdate($"{what} {(answer.Status == 200 ? "200" : answer.Body)}", 1, static (_, count) => count + 1);
        if (!fits)
        {
            _wrong.Enqueue($"{what} s{service} under {token} from state {from}: {answer.Status} {(answer.Status == 200 ? string.Empty : answer.Body)}");
        }
    }

    private async Task ListAsync(AclAgent agent, ModelToken token)
    {
        var from = token.Acknowledged;
        var answer = await agent.GetAsync("/v1/connect/intentions", token.Token.SecretId);
        if (answer.Status != 200)
        {
            Judge("list", token, from, -1, answer);
            return;
        }

        _seen.AddOrUpdate("list 200", 1, static (_, count) => count + 1);
        foreach (var intention in JsonNode.Parse(answer.Body)!.AsArray())
        {
            var (source, destination) = (int.Parse(((string)intention!["SourceName"]!)[1..]), int.Parse(((string)intention["DestinationName"]!)[1..]));
            if (!token.MayEver(from, source) && !token.MayEver(from, destination))
            {
                _wrong.Enqueue($"list under {token} shows s{source} to s{destination}");
            }
        }
    }

    private async Task ParkAsync(AclAgent agent, ModelToken token, int service, CancellationToken leave)
    {
        if (Volatile.Read(ref _parkedNow) >= MostParked)
        {
            return;
        }

        var first = await AskAsync(agent, "leaf", token, service, (of, secret, at) => of.GetAsync($"/v1/agent/connect/ca/leaf/s{at}", secret));
        if (first.Status == 200)
        {
            Interlocked.Increment(ref _parkedNow);
            _parked.Add(new Parked(token, service, ReadAsync(agent, token, service, first.Index, leave)));
        }
    }

    private async Task ReadAsync(AclAgent agent, ModelToken token, int service, string index, CancellationToken leave)
    {
        try
        {
            await AskAsync(agent, "parked", token, service, (of, secret, at) =>
                of.GetAsync($"/v1/agent/connect/ca/leaf/s{at}?index={index}&wait=10m", secret, leave));
        }
        catch (OperationCanceledException) when (leave.IsCancellationRequested)
        {
            // The end of the test.
        }
        finally
        {
            Interlocked.Decrement(ref _parkedNow);
        }
    }

    private async Task ChangeAsync(AclAgent agent, ModelToken token, Random random)
    {
        if (await token.ChangeAsync(Draw(random), granted => agent.ChangeRulesAsync(token.Token, RulesOf(granted!))))
        {
            _seen.AddOrUpdate("changed", 1, static (_, count) => count + 1);
        }
    }

    // New tokens do not come, so only some go; a fifth of the tries leaves enough alive.
    private async Task DeleteAsync(AclAgent agent, ModelToken token, Random random)
    {
        if (random.Next(5) == 0 && await token.ChangeAsync(null, _ => agent.DeleteAsync(token.Token)))
        {
            _seen.AddOrUpdate("deleted", 1, static (_, count) => count + 1);
        }
    }

    private sealed record Parked(ModelToken Token, int Service, Task Reader);

    /// <summary>What a token may, one state after the other; null is its end. An answer must fit a state that held between question and answer.</summary>
    private sealed class ModelToken(AclToken token, HashSet<int> granted)
    {
        private readonly Lock _gate = new();
        private readonly List<HashSet<int>?> _states = [granted];
        private int _acknowledged;

        public AclToken Token => token;

        /// <summary>The last state that the daemon has confirmed.</summary>
        public int Acknowledged => Volatile.Read(ref _acknowledged);

        public bool IsAlive => Ever(Acknowledged, static state => state is not null);

        public bool MayEver(int from, int service) => Ever(from, state => state?.Contains(service) == true);

        public bool MayEverNot(int from, int service) => Ever(from, state => state?.Contains(service) == false);

        public bool WasEverGone(int from) => Ever(from, static state => state is null);

        public async Task<bool> ChangeAsync(HashSet<int>? next, Func<HashSet<int>?, Task> change)
        {
            int begun;
            lock (_gate)
            {
                // One change at a time, and none after the end.
                if (_states[^1] is null || Acknowledged != _states.Count - 1)
                {
                    return false;
                }

                _states.Add(next);
                begun = _states.Count - 1;
            }

            await change(next);
            Volatile.Write(ref _acknowledged, begun);
            return true;
        }

        public override string ToString() => $"{token.AccessorId} (state {Acknowledged})";

        private bool Ever(int from, Func<HashSet<int>?, bool> holds)
        {
            lock (_gate)
            {
                return _states.Skip(from).Any(holds);
            }
        }
    }
}
