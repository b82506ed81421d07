using ConnectAgent.Agent.Authorization;
using ConnectAgent.Caching;
using ConnectAgent.Caching.Inspection;
using ConnectAgent.Protocol.Identity;
using ConnectAgent.Protocol.Intentions;
using ConnectAgent.TestKit.Servers;
using ConnectAgent.Tests.Agent;
using ConnectAgent.Tests.Heap;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Caching;

/// <summary>What the cache says it holds against what the heap does (docs/design/0003-cache-engine.md).</summary>
public sealed class CacheWeightTests
{
    private static readonly ServiceId Client = new("x.consul", "dc1", "web");

    [Theory] // FA-1: within a fifth
    [InlineData("match of a made-up target", 1_500)]
    [InlineData("match with long texts", 1_000)]
    [InlineData("match of intentions", 1_000)]
    [InlineData("leaf", 1_000)]
    [InlineData("roots", 9_000)]
    public async Task FA_1_The_bytes_that_are_told_are_those_of_the_heap(string what, int entries) =>
        (await HeapProcess.RunAsync(nameof(CacheWeightTests), what, entries)).Should().BeInRange(0.8, 1.2);

    // The bytes that are told, in parts of those that the heap grew by.
    internal static async Task<double> ShareAsync(string what, int entries)
    {
        using var agent = new AgentFixture();
        agent.Servers.VerifiesRequests = false;
        // What is made once, and what others of the process still make, is made by then.
        for (var i = entries; i < entries + (entries / 2); i++)
        {
            await ReadAsync(agent, what, i);
        }

        await SettledAsync(agent);
        var (heap, told) = (HeapProcess.Bytes(), agent.Cache.Bytes);
        for (var i = 0; i < entries; i++)
        {
            await ReadAsync(agent, what, i);
        }

        await SettledAsync(agent);
        var (grown, more) = (HeapProcess.Bytes() - heap, agent.Cache.Bytes - told);
        agent.Get<CacheInspector>().Summary().Bytes.Should().Be(agent.Cache.Bytes).And.Be(agent.Cache.Entries.Sum(entry => entry.Weight));
        return more / (double)grown;
    }

    private static Task SettledAsync(AgentFixture agent) =>
        AgentFixture.EventuallyAsync(() => agent.Cache.Entries.All(entry => entry.State != "refreshing"), "all have their value");

    private static async Task ReadAsync(AgentFixture agent, string what, int i)
    {
        switch (what)
        {
            case "match of a made-up target":
                await agent.Authorizer.AuthorizeAsync($"made-up-{i}", Client, string.Empty, CancellationToken.None);
                break;
            case "match with long texts":
                await agent.Authorizer.AuthorizeAsync($"{i}{new string('n', 1_000)}", Client, $"{i}{new string('t', 1_000)}", CancellationToken.None);
                break;
            case "match of intentions":
                // Of its own for each, as remote servers' answers are.
                agent.Servers.Fail(ScriptedServerClient.Unreachable());
                var match = IntentionMatch.ForDestination([.. Enumerable.Range(0, 20).Select(source => new Intention
                {
                    SourceName = $"source-{source}-{i}", DestinationName = $"db-{i}", Action = Intention.Deny, Description = $"{i} is why",
                })]);
                agent.Cache.Restore<MatchRequest, IReadOnlyList<IntentionMatch>>(
                    agent.Get<IntentionMatchKind>(), MatchRequest.ForTarget("dc1", string.Empty, $"db-{i}"), [match], new(1, default, default));
                break;
            case "leaf":
                await agent.LeafAsync($"service-{i}");
                break;
            default:
                await agent.RootsAsync(token: $"{i}");
                break;
        }
    }
}
