using ConnectAgent.Client.Api;

namespace ConnectAgent.Client;

/// <summary>Intentions: which service may connect to which.</summary>
public sealed class IntentionOperations
{
    private const string Path = "/v1/connect/intentions";
    private const string ExactPath = Path + "/exact";
    private readonly ConnectTransport _transport;

    internal IntentionOperations(ConnectTransport transport) => _transport = transport;

    /// <summary>Lists all intentions, the most precise first.</summary>
    /// <param name="filter">A filter expression; null for none.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public Task<IReadOnlyList<Intention>> ListAsync(string? filter = null, CancellationToken cancellationToken = default) =>
        _transport.ReadAsync(() => ApiRequest.Get(Path).With("filter", filter), ApiJson.Default.IReadOnlyListIntention, cancellationToken);

    /// <summary>Reads the intention of two services, and not one that matches them by a <c>*</c>.</summary>
    /// <param name="source">Who connects.</param>
    /// <param name="destination">Who is connected to.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>Null when there is none.</returns>
    public Task<Intention?> FindAsync(string source, string destination, CancellationToken cancellationToken = default) =>
        _transport.FindAsync(Exact(ApiRequest.Get, source, destination), ApiJson.Default.Intention, cancellationToken);

    /// <summary>Allows or denies connections between two services; an intention of the two is replaced.</summary>
    /// <param name="source">Who connects; <c>*</c> for all.</param>
    /// <param name="destination">Who is connected to; <c>*</c> for all.</param>
    /// <param name="isAllowed">Whether it may.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public Task SetAsync(string source, string destination, bool isAllowed, CancellationToken cancellationToken = default) => _transport.WriteAsync(
        ConnectTransport.WithBody(
            Exact(ApiRequest.Put, source, destination), new IntentionBody { Action = isAllowed ? "allow" : "deny" }, ApiJson.Default.IntentionBody),
        cancellationToken);

    /// <summary>Deletes the intention of two services, if there is one.</summary>
    /// <param name="source">Who connects.</param>
    /// <param name="destination">Who is connected to.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public Task DeleteAsync(string source, string destination, CancellationToken cancellationToken = default) =>
        _transport.WriteAsync(Exact(ApiRequest.Delete, source, destination), cancellationToken);

    /// <summary>Lists the intentions that protect a service, in the order in which they decide.</summary>
    /// <param name="destination">Who is connected to.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public async Task<IReadOnlyList<Intention>> MatchAsync(string destination, CancellationToken cancellationToken = default) =>
        Only(await _transport.ReadAsync(Match(destination), ApiJson.Default.DictionaryStringIReadOnlyListIntention, cancellationToken));

    /// <summary>Follows the intentions that protect a service.</summary>
    /// <param name="destination">Who is connected to.</param>
    /// <param name="options">How; null for the usual way.</param>
    /// <param name="cancellationToken">Ends the watch.</param>
    public async IAsyncEnumerable<Watched<IReadOnlyList<Intention>>> WatchMatchAsync(
        string destination,
        WatchOptions? options = null,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var answer in _transport.WatchAsync(Match(destination), ApiJson.Default.DictionaryStringIReadOnlyListIntention, options, cancellationToken))
        {
            yield return new(Only(answer.Value), answer.Index);
        }
    }

    /// <summary>Asks whether a service may connect to another one by the intentions alone, whatever its certificate.</summary>
    /// <param name="source">Who connects.</param>
    /// <param name="destination">Who is connected to.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public async Task<bool> CheckAsync(string source, string destination, CancellationToken cancellationToken = default) =>
        (await _transport.ReadAsync(
            () => ApiRequest.Get(Path + "/check").With("source", source).With("destination", destination), ApiJson.Default.IntentionCheck, cancellationToken)).Allowed;

    private static Func<ApiRequest> Match(string destination) => () => ApiRequest.Get(Path + "/match").With("by", "destination").With("name", destination);

    // One name was asked for.
    private static IReadOnlyList<Intention> Only(Dictionary<string, IReadOnlyList<Intention>> answer) => answer.Values.SingleOrDefault() ?? [];

    private static Func<ApiRequest> Exact(Func<string, ApiRequest> make, string source, string destination) =>
        () => make(ExactPath).With("source", source).With("destination", destination);
}
