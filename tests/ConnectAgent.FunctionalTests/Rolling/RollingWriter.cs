using System.Net;
using System.Net.Http.Json;
using ConnectAgent.TestKit.Processes;
using FluentAssertions;

namespace ConnectAgent.FunctionalTests.Rolling;

/// <summary>
/// Changes the targets' intentions all the time, by way of any agent and so of whatever server that agent reaches. Each write compares the index of what was read
/// before, so that one that was lost on its way and arrives late cannot undo a later one.
/// </summary>
internal sealed class RollingWriter(RollingState state, IReadOnlyList<AgentProcess> agents)
{
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(40);
    private readonly Random _random = new(31);

    public int Written { get; private set; }

    /// <summary>Reads and writes that found no server; of the writes nobody knew at first what had become of them.</summary>
    public int Failed { get; private set; }

    public async Task RunAsync(CancellationToken end)
    {
        using var pace = new PeriodicTimer(Pace);
        for (var turn = 0; !end.IsCancellationRequested && await pace.WaitForNextTickAsync(CancellationToken.None); turn++)
        {
            await WriteAsync(agents[_random.Next(agents.Count)], turn % RollingState.Targets.Length);
        }
    }

    /// <summary>Writes a last state of each target, and so learns what became of all others.</summary>
    public async Task FinishAsync(AgentProcess server)
    {
        for (var target = 0; target < RollingState.Targets.Length; target++)
        {
            while (!await WriteAsync(server, target))
            {
                // A write from before arrived just now.
            }
        }
    }

    private async Task<bool> WriteAsync(AgentProcess by, int target)
    {
        var history = state.Intentions[target];
        var name = RollingState.Targets[target];
        var read = await by.GetAsync("/v1/config/service-intentions/" + name);
        if (read.Status is not (200 or 404))
        {
            return Lost(read);
        }

        var index = 0UL;
        if (read.Status == 200)
        {
            index = (ulong)read.Json["ModifyIndex"]!;
            var present = RollingState.GenerationOf(read.Json["Sources"]!.AsArray(), "Name");
            history.Ever(present).Should().BeTrue("{0} is generation {1}: {2}", name, present, read.Body);
            present.Should().BeGreaterThanOrEqualTo(history.Newest, "what is written stays written");
            history.Commit(present, state.Now);
        }

        var next = history.Begin(state.Now);
        using var answer = await by.Http.PutAsJsonAsync(new Uri($"/v1/config?cas={index}", UriKind.Relative), RollingState.EntryOf(name, next));
        var written = await ClientAnswer.OfAsync(answer);
        if (answer.StatusCode != HttpStatusCode.OK)
        {
            return Lost(written);
        }

        if (written.Body.Trim() != "true")
        {
            history.Void(next);
            return false;
        }

        history.Commit(next, state.Now);
        Written++;
        return true;
    }

    private bool Lost(ClientAnswer answer)
    {
        answer.Status.Should().Be(500, answer.Body);
        answer.Body.Should().StartWith("rpc error ");
        Failed++;
        return false;
    }
}
