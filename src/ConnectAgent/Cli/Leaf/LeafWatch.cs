using System.Text;
using System.Text.Json;
using ConnectAgent.Cli.Framework;
using ConnectAgent.Client.Api;

namespace ConnectAgent.Cli.Leaf;

/// <summary>Follows a leaf, the roots and the lists of revoked certificates of an agent.</summary>
internal sealed class LeafWatch(Invocation call, string service) : IDisposable
{
    private const string RootsPath = "/v1/agent/connect/ca/roots";
    private const string RevocationListPath = "/v1/connect/ca/crl";
    private const int NotFound = 404;

    private readonly SemaphoreSlim _changed = new(0);
    private volatile ApiAnswer? _leaf;
    private volatile ApiAnswer? _roots;
    private volatile ApiAnswer? _lists;
    private volatile bool _areListsAsked;

    /// <summary>The path of a leaf.</summary>
    public static string PathOf(string service) => "/v1/agent/connect/ca/leaf/" + ApiRequest.Escape(service);

    /// <summary>Reads all of it once.</summary>
    /// <exception cref="CommandFailure">The agent does not answer, or refuses.</exception>
    public static async Task<LeafSet> ReadAsync(Invocation call, string service)
    {
        // The roots first, so that those of the leaf are among them.
        var roots = await call.AskAsync(ApiRequest.Get(RootsPath), "Error reading the roots: ");
        var leaf = await call.AskAsync(ApiRequest.Get(PathOf(service)), $"Error reading the certificate of {service}: ");
        try
        {
            var lists = await call.Api.SendAsync(ApiRequest.Get(RevocationListPath), call.Cancelled);
            await WarnAsync(call, lists);
            return LeafSet.Of(leaf, roots, TextOf(lists));
        }
        catch (ApiException)
        {
            // Servers that are unreachable, or keep no such list: the certificate is more urgent.
            return LeafSet.Of(leaf, roots, revocationLists: null);
        }
    }

    /// <summary>What is known by now.</summary>
    /// <returns>Null until the leaf and the roots are there.</returns>
    /// <exception cref="CommandFailure">The agent has answered what does not fit together.</exception>
    public LeafSet? Current() => _leaf is { } leaf && _roots is { } roots && _areListsAsked
        ? LeafSet.Of(leaf.Json(), roots.Json(), _lists is { } lists ? TextOf(lists) : null)
        : null;

    /// <summary>Reads on and on; ends by failing alone.</summary>
    public async Task RunAsync(CancellationToken cancellationToken) => await await Task.WhenAny(
        FollowAsync(RootsPath, answer => _roots = answer, cancellationToken),
        FollowAsync(PathOf(service), answer => _leaf = answer, cancellationToken),
        FollowListsAsync(cancellationToken));

    /// <summary>Waits for a change, or until it is time to try again.</summary>
    public Task ChangedAsync(TimeSpan limit, CancellationToken cancellationToken) => _changed.WaitAsync(limit, cancellationToken);

    public void Dispose() => _changed.Dispose();

    private async Task FollowAsync(string path, Action<ApiAnswer> take, CancellationToken cancellationToken)
    {
        await foreach (var answer in call.Api.FollowAsync(() => ApiRequest.Get(path), error => ReportAsync(path, error), cancellationToken))
        {
            take(answer);
            _changed.Release();
        }
    }

    // Without them there are files all the same; servers of Consul have no such list.
    private async Task FollowListsAsync(CancellationToken cancellationToken)
    {
        try
        {
            var answers = call.Api.FollowAsync(() => ApiRequest.Get(RevocationListPath), FailedAsync, cancellationToken);
            await foreach (var answer in answers)
            {
                await WarnAsync(call, answer);
                _lists = answer;
                Asked();
            }
        }
        catch (ApiException error) when (error.Status == NotFound)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
        }

        Task FailedAsync(ApiException error)
        {
            Asked();
            return error.Status == NotFound ? Task.FromException(error) : ReportAsync(RevocationListPath, error);
        }

        void Asked()
        {
            _areListsAsked = true;
            _changed.Release();
        }
    }

    private Task ReportAsync(string path, ApiException error) => call.Errors.WriteLineAsync($"Error reading {path}: {error.Message}");

    // What the lists cannot say stands in front of them: whoever relies on the file must hear of it.
    private static async Task WarnAsync(Invocation call, ApiAnswer lists)
    {
        if (TextOf(lists) is ['#', ' ', .. var text])
        {
            await call.Errors.WriteLineAsync($"Warning: {LeafSet.RevocationListFile}: {text.Split('\n')[0]}");
        }
    }

    private static string TextOf(ApiAnswer answer) => Encoding.UTF8.GetString(answer.Body.Span);
}
