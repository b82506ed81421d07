using System.CommandLine;
using System.Text.Json;
using ConnectAgent.Client.Api;

namespace ConnectAgent.Cli.Framework;

/// <summary>One call of a command: its flags and words, where it writes, and the agent that it asks.</summary>
/// <param name="Result">The flags.</param>
/// <param name="Words">What stands behind them.</param>
/// <param name="Cancelled">The operator ends it.</param>
internal sealed record Invocation(ParseResult Result, IReadOnlyList<string> Words, CancellationToken Cancelled)
{
    private readonly AgentApi? _api;

    public AgentApi Api
    {
        get => _api ?? throw new InvalidOperationException("this command asks no agent");
        init => _api = value;
    }

    public TextWriter Output => Result.InvocationConfiguration.Output;

    public TextWriter Errors => Result.InvocationConfiguration.Error;

    public static TextReader Input => Console.In;

    /// <summary>A flag's text; empty where it is not given.</summary>
    public string Of(Option<string?> flag) => Result.GetValue(flag) ?? string.Empty;

    /// <summary>A flag's text; null where it is not given or empty.</summary>
    public string? Given(Option<string?> flag) => Of(flag) is { Length: > 0 } text ? text : null;

    public string[] Of(Option<string[]> flag) => Result.GetValue(flag) ?? [];

    public bool Of(Option<bool> flag) => Result.GetValue(flag);

    /// <summary>Whether a flag stands there.</summary>
    public bool Has(Option flag) => Result.GetResult(flag) is { Implicit: false };

    /// <summary>Pairs of <c>key=value</c>.</summary>
    /// <exception cref="CommandFailure">One is none.</exception>
    public Dictionary<string, string> Pairs(Option<string[]> flag)
    {
        Dictionary<string, string> pairs = new(StringComparer.Ordinal);
        foreach (var text in Of(flag))
        {
            var at = text.IndexOf('=', StringComparison.Ordinal);
            pairs[at < 0 ? throw new CommandFailure($"invalid value \"{text}\" for flag {flag.Name}: missing '=' in \"{text}\"") : text[..at]] = text[(at + 1)..];
        }

        return pairs;
    }

    /// <summary>Sends a request.</summary>
    /// <param name="request">It.</param>
    /// <param name="failure">The words in front of what went wrong.</param>
    /// <param name="exitCode">Of a failure.</param>
    /// <exception cref="CommandFailure">The answer is not 200, or there is none.</exception>
    public async Task<ApiAnswer> SendAsync(ApiRequest request, string failure, int exitCode = 1)
    {
        try
        {
            return await Api.SendAsync(request, Cancelled);
        }
        catch (ApiException error)
        {
            throw new CommandFailure(failure + error.Message, exitCode);
        }
    }

    /// <summary>Sends a request that is answered with JSON.</summary>
    /// <inheritdoc cref="SendAsync"/>
    public async Task<JsonElement> AskAsync(ApiRequest request, string failure, int exitCode = 1) => (await SendAsync(request, failure, exitCode)).Json();

    /// <summary>Sends a request; null when the answer is 404.</summary>
    /// <inheritdoc cref="SendAsync"/>
    public async Task<JsonElement?> FindAsync(ApiRequest request, string failure)
    {
        try
        {
            return (await Api.SendAsync(request, Cancelled)).Json();
        }
        catch (ApiException error) when (error.Status == 404)
        {
            return null;
        }
        catch (ApiException error)
        {
            throw new CommandFailure(failure + error.Message);
        }
    }

    /// <summary>Prints a line, and ends well.</summary>
    public int Done(string line)
    {
        Output.Write(line + "\n");
        return 0;
    }
}
