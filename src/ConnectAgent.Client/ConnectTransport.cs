using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using ConnectAgent.Client.Api;
using Microsoft.Extensions.Logging;

namespace ConnectAgent.Client;

/// <summary>Requests to one of several agents: it is asked until it fails, then the next is.</summary>
internal sealed class ConnectTransport : IDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LastPause = TimeSpan.FromSeconds(15);

    private readonly AgentApi[] _agents;
    private readonly TokenFile? _token;
    private readonly TimeSpan _answerTime;
    private int _current;

    public ConnectTransport(ConnectClientOptions options)
    {
        (Clock, WatchTime, _answerTime) = (options.TimeProvider, options.WatchTime, options.RequestTimeout);
        Logger = options.LoggerFactory.CreateLogger("ConnectAgent.Client");
        _token = options.TokenFile is { } file ? new TokenFile(file) : null;
        try
        {
            _agents = [.. options.Addresses.Select(address => AgentApi.Open(options.For(address)))];
        }
        catch (ApiException error)
        {
            throw new ConnectException(error.Message, error.Status, error);
        }
    }

    public TimeProvider Clock { get; }

    public TimeSpan WatchTime { get; }

    public ILogger Logger { get; }

    /// <summary>Sends a request; a GET is repeated at each further agent, what changes something only where it cannot have arrived.</summary>
    /// <param name="make">Makes the request, anew for each try.</param>
    /// <param name="held">How long the agent may hold it before it answers.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="ApiException">The answer is not 200, or there is none.</exception>
    public async Task<ApiAnswer> SendAsync(Func<ApiRequest> make, TimeSpan held, CancellationToken cancellationToken)
    {
        for (var (at, tries) = (Volatile.Read(ref _current), 1); ; at = (at + 1) % _agents.Length, tries++)
        {
            var request = make();
            try
            {
                request.Token = _token?.Read();
                var answer = await InTimeAsync(_agents[at], request, held + _answerTime, cancellationToken);
                Volatile.Write(ref _current, at);
                return answer;
            }
            catch (ApiException error) when (tries < _agents.Length && MayGoElsewhere(request, error))
            {
                Logger.AgentFailed(error.Message);
            }
        }
    }

    /// <summary>Reads what a request answers.</summary>
    /// <exception cref="ConnectException">The answer is not 200, is none of the API, or there is none.</exception>
    public async Task<T> ReadAsync<T>(Func<ApiRequest> make, JsonTypeInfo<T> form, CancellationToken cancellationToken)
    {
        try
        {
            return Parse(await SendAsync(make, TimeSpan.Zero, cancellationToken), form);
        }
        catch (ApiException error)
        {
            throw Public(error);
        }
    }

    /// <summary>Reads what a request answers; null where the agent says that it is not there: 404, or null.</summary>
    /// <exception cref="ConnectException">The answer is neither 200 nor 404, is none of the API, or there is none.</exception>
    public async Task<T?> FindAsync<T>(Func<ApiRequest> make, JsonTypeInfo<T> form, CancellationToken cancellationToken)
        where T : class
    {
        try
        {
            var answer = await SendAsync(make, TimeSpan.Zero, cancellationToken);
            return answer.Body.Span.Trim("\n"u8).SequenceEqual("null"u8) ? null : Parse(answer, form);
        }
        catch (ApiException error)
        {
            return error.Status == 404 ? null : throw Public(error);
        }
    }

    /// <summary>Sends what changes something, and reads no answer.</summary>
    /// <exception cref="ConnectException">The answer is not 200, or there is none.</exception>
    public async Task WriteAsync(Func<ApiRequest> make, CancellationToken cancellationToken)
    {
        try
        {
            await SendAsync(make, TimeSpan.Zero, cancellationToken);
        }
        catch (ApiException error)
        {
            throw Public(error);
        }
    }

    /// <summary>A request with a body.</summary>
    public static Func<ApiRequest> WithBody<T>(Func<ApiRequest> make, T body, JsonTypeInfo<T> form)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(body, form);
        return () => make().With(json);
    }

    /// <summary>Follows what a request answers; failures are spaced out, and the caller is told of each.</summary>
    public async IAsyncEnumerable<Watched<T>> WatchAsync<T>(
        Func<ApiRequest> make, JsonTypeInfo<T> form, WatchOptions? options, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var held = options?.Wait ?? WatchTime;
        var answers = AgentWatch.FollowAsync(
            (request, cancelled) => SendAsync(() => request, held + (held / 16), cancelled),
            answer => new Watched<T>(Parse(answer, form), answer.Index),
            () => make().With("wait", Milliseconds(held)),
            error =>
            {
                var shown = Public(error);
                Logger.WatchFailed(shown.Message);
                options?.Failed?.Invoke(shown);
                return Task.CompletedTask;
            },
            Pause,
            Clock,
            cancellationToken);
        await foreach (var answer in answers)
        {
            yield return answer;
        }
    }

    public void Dispose() => Array.ForEach(_agents, static agent => agent.Dispose());

    public static ConnectException Public(ApiException error) => new(error.Message, error.Status, error.InnerException);

    private static T Parse<T>(ApiAnswer answer, JsonTypeInfo<T> form)
    {
        try
        {
            return JsonSerializer.Deserialize(answer.Body.Span, form) ?? throw new ApiException("the answer is null");
        }
        catch (JsonException error)
        {
            throw new ApiException("the answer is not of the API: " + error.Message);
        }
    }

    private static string Milliseconds(TimeSpan time) => FormattableString.Invariant($"{Math.Max(1, (long)time.TotalMilliseconds)}ms");

    // Doubles up to a ceiling; half of it is chance, so that a fleet does not come back at once.
    private static TimeSpan Pause(int failures)
    {
        var pause = FirstPause * Math.Pow(2, Math.Clamp(failures - 1, 0, 16));
        pause = pause < LastPause ? pause : LastPause;
        return pause * (0.5 + (Random.Shared.NextDouble() / 2));
    }

    // What an agent says about the request another one would say, too; what it says about itself another one may not.
    private static bool MayGoElsewhere(ApiRequest request, ApiException error) =>
        error.NothingSent || (request.Method == HttpMethod.Get && error.Status is 0 or 429 or >= 500);

    private async Task<ApiAnswer> InTimeAsync(AgentApi agent, ApiRequest request, TimeSpan limit, CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(limit, Clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
        try
        {
            return await agent.SendAsync(request, either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ApiException(FormattableString.Invariant($"the agent did not answer within {limit.TotalSeconds} s"));
        }
    }
}
