using System.CommandLine;
using System.Text.Json;
using ConnectAgent.Client.Api;
using ConnectAgent.Protocol.Text;

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

    /// <summary>Whether the answer is printed as JSON.</summary>
    /// <param name="flag">The format.</param>
    /// <param name="otherwise">The other format, which needs not be said.</param>
    /// <exception cref="CommandFailure">It is neither.</exception>
    public bool IsJson(Option<string?> flag, string otherwise = "pretty") => Given(flag) switch
    {
        "json" => true,
        { } form when form != otherwise => throw new CommandFailure($"Invalid format: {form}"),
        _ => false,
    };

    /// <summary>A duration.</summary>
    /// <param name="flag">Of it.</param>
    /// <param name="unlessGiven">What holds without the flag.</param>
    /// <exception cref="CommandFailure">It is none.</exception>
    public TimeSpan Duration(Option<string?> flag, TimeSpan unlessGiven) => Given(flag) is not { } text
        ? unlessGiven
        : GoDuration.TryParse(text, out var duration, out var error) ? duration : throw new CommandFailure($"invalid value \"{text}\" for flag {flag.Name}: {error}");

    /// <summary>A duration within bounds.</summary>
    /// <inheritdoc cref="Duration(Option{string?}, TimeSpan)"/>
    /// <param name="most">It must not be more, and above zero.</param>
    public TimeSpan Duration(Option<string?> flag, TimeSpan unlessGiven, TimeSpan most) =>
        Duration(flag, unlessGiven) is var duration && duration > TimeSpan.Zero && duration <= most
            ? duration
            : throw new CommandFailure($"{flag.Name} must be above 0s, and {GoDuration.Format(most)} at most");

    /// <summary>The one word that a command takes.</summary>
    /// <param name="what">Its name in the help, for instance <c>SERVICE</c>.</param>
    /// <exception cref="CommandFailure">There are none or several.</exception>
    public string OneWord(string what) => Words switch
    {
        [var word] => word,
        [] => throw new CommandFailure($"Missing {what} argument"),
        _ => throw new CommandFailure($"Too many arguments (expected 1, got {Words.Count})"),
    };

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
    public Task<ApiAnswer> SendAsync(ApiRequest request, string failure, int exitCode = 1) => GuardAsync(failure, () => Api.SendAsync(request, Cancelled), exitCode);

    /// <summary>Asks the agent by other ways.</summary>
    /// <inheritdoc cref="SendAsync"/>
    public static async Task<T> GuardAsync<T>(string failure, Func<Task<T>> step, int exitCode = 1)
    {
        try
        {
            return await step();
        }
        catch (ApiException error)
        {
            throw new CommandFailure(failure + error.Message, exitCode);
        }
    }

    /// <summary>Sends a request that is answered with JSON.</summary>
    /// <inheritdoc cref="SendAsync"/>
    public Task<JsonElement> AskAsync(ApiRequest request, string failure, int exitCode = 1) =>
        GuardAsync(failure, async () => (await Api.SendAsync(request, Cancelled)).Json(), exitCode);

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

    /// <summary>Prints a table, and ends well.</summary>
    /// <param name="rows">Each with as many cells; the first is the head.</param>
    public int Table(IReadOnlyList<string[]> rows)
    {
        if (!Terminal.TryTable(Output, rows))
        {
            Output.Write(TextTable.Of(rows));
        }

        return 0;
    }

    /// <summary>Does long work, and shows on a terminal that it goes on.</summary>
    /// <param name="what">The work, in a word or two.</param>
    /// <param name="work">Says from 0 to 1 how far it is, if it knows.</param>
    public Task<T> ProgressAsync<T>(string what, Func<Action<double>, Task<T>> work) => Terminal.ProgressAsync(Errors, what, work);

    /// <summary>Prints a line whose first word says how it is.</summary>
    public void Judged(string word, string rest)
    {
        if (Terminal.Is(Output))
        {
            Terminal.Line(Output, word, rest);
        }
        else
        {
            Done(word + rest);
        }
    }

    /// <summary>Prints a line, and ends well.</summary>
    public int Done(string line)
    {
        Output.Write(line + "\n");
        return 0;
    }
}
