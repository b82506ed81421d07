using System.Text;
using System.Text.Json.Nodes;
using ConnectAgent.TestKit.Processes;

namespace ConnectAgent.TestKit.Recordings;

/// <summary>Plays a recording against a running agent and tells where it answers differently.</summary>
public sealed class RecordingRunner(AgentProcess agent, Recording recording, IReadOnlyDictionary<string, Deviation> deviations)
{
    // Nothing tells when a background request is parked; the recordings' README gives it 300 ms, a slow machine needs more.
    private static readonly TimeSpan Parking = TimeSpan.FromSeconds(1);

    private readonly RecordedBearers _bearers = new(recording, TimeProvider.System.GetUtcNow());
    private readonly Dictionary<string, string> _variables = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (RecordedStep Step, Task<Answer> Answer)> _background = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _bodies = new(StringComparer.Ordinal);
    private readonly List<(string Step, string Other)> _sameAs = [];

    /// <summary>Plays all steps.</summary>
    /// <param name="leftOut">Steps that are not sent.</param>
    /// <returns>For each step that differs, what differs.</returns>
    public async Task<IReadOnlyDictionary<string, string>> PlayAsync(IReadOnlyCollection<string> leftOut)
    {
        Dictionary<string, string> differences = new(StringComparer.Ordinal);
        foreach (var step in recording.Steps)
        {
            if (leftOut.Contains(step.Await ?? step.Id))
            {
                continue;
            }

            if (step.Sleep > TimeSpan.Zero)
            {
                await Task.Delay(step.Sleep);
            }

            if (step.Background)
            {
                _background[step.Id] = (step, SendAsync(step));
                await Task.Delay(Parking);
                continue;
            }

            var (asked, answer) = step.Await is { } id ? (_background[id].Step, await _background[id].Answer) : (step, await SendAsync(step));
            if (Compare(asked, answer) is { } difference)
            {
                differences[asked.Id] = difference;
            }
            else
            {
                TakeCaptures(asked, answer);
            }
        }

        foreach (var (step, other) in _sameAs.Where(pair => _bodies.ContainsKey(pair.Other) && _bodies[pair.Step] != _bodies[pair.Other]))
        {
            differences.TryAdd(step, $"the body differs from that of {other}");
        }

        return differences;
    }

    private async Task<Answer> SendAsync(RecordedStep step)
    {
        // The target goes out as written: escapes are what some steps are about.
        var target = new Uri(
            agent.Address.GetLeftPart(UriPartial.Authority) + Substitute(step.Path),
            new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        using var request = new HttpRequestMessage(new HttpMethod(step.Method), target);
        if (step.HasBody)
        {
            var body = step.Body is JsonValue value && value.TryGetValue<string>(out var text) ? text : _bearers.Renew(step.Body)?.ToJsonString() ?? "null";
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(Substitute(body)));
        }

        foreach (var (name, value) in step.Headers)
        {
            var text = Substitute((string)value!);
            if (!request.Headers.TryAddWithoutValidation(name, text))
            {
                request.Content?.Headers.TryAddWithoutValidation(name, text);
            }
        }

        using var response = await agent.Http.SendAsync(request);
        Dictionary<string, string> headers = new(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, values) in response.Headers.Concat(response.Content.Headers))
        {
            headers[name] = string.Join(",", values);
        }

        return new Answer((int)response.StatusCode, headers, await response.Content.ReadAsStringAsync());
    }

    private string? Compare(RecordedStep step, Answer answer)
    {
        deviations.TryGetValue(step.Id, out var deviation);
        if (deviation?.Check is { } check)
        {
            return check(answer);
        }

        var expected = step.Response;
        if (answer.Status != step.Status && !(step.Status == 500 && answer.Status == 400))
        {
            return $"status {answer.Status} instead of {step.Status}: {answer.Body}";
        }

        if (expected.ContainsKey("omitted"))
        {
            return null;
        }

        var difference = AnswerComparison.Headers(
            deviation?.HeadersOf(expected) ?? expected["headers"]?.AsObject() ?? [], answer.Headers, recording.TrimmedHeaders, deviation?.MoreHeaders ?? []);
        return difference ?? CompareBody(step, expected, answer);
    }

    private string? CompareBody(RecordedStep step, JsonObject expected, Answer answer)
    {
        _bodies[step.Id] = AnswerComparison.Normalize(answer.Body);
        if ((string?)expected["body_same_as"] is { } other)
        {
            // The other one may come later; a step that waits is compared with none.
            _sameAs.Add((step.Id, other));
            return null;
        }

        return expected.ContainsKey("json")
            ? AnswerComparison.Json(expected["json"], answer.Body)
            : AnswerComparison.Text((string?)expected["text"] ?? string.Empty, answer.Body);
    }

    private void TakeCaptures(RecordedStep step, Answer answer)
    {
        if (answer.Body.Length == 0 && deviations.ContainsKey(step.Id))
        {
            // What answers differently on purpose may have nothing to take.
            return;
        }

        foreach (var (variable, source) in step.Capture)
        {
            var path = (string)source!;
            _variables[variable] = path.StartsWith("header:", StringComparison.Ordinal)
                ? answer.Headers[path["header:".Length..]]
                : Walk(JsonNode.Parse(answer.Body), path);
        }
    }

    private static string Walk(JsonNode? node, string path)
    {
        foreach (var part in path.Split('.'))
        {
            node = int.TryParse(part, out var index) && node is JsonArray ? node[index] : node?[part];
        }

        return node?.ToString() ?? string.Empty;
    }

    private string Substitute(string text)
    {
        foreach (var (name, value) in _variables)
        {
            text = text.Replace("${" + name + "}", value, StringComparison.Ordinal);
        }

        return text;
    }
}

/// <summary>What came back.</summary>
public sealed record Answer(int Status, IReadOnlyDictionary<string, string> Headers, string Body);

/// <summary>A step that the product answers differently on purpose (<c>deviations.json</c>).</summary>
/// <param name="Rule">Why.</param>
/// <param name="MoreHeaders">Headers that come on top of the recorded ones.</param>
/// <param name="Check">Replaces the comparison; gives what is wrong, or null.</param>
public sealed record Deviation(string Rule, IReadOnlyCollection<string> MoreHeaders, Func<Answer, string?>? Check = null)
{
    /// <summary>Headers that are other than recorded; null: there is none.</summary>
    public IReadOnlyDictionary<string, string?> OtherHeaders { get; init; } = new Dictionary<string, string?>();

    private static readonly string[] QueryHeaders =
        ["X-Consul-Index", "X-Consul-Knownleader", "X-Consul-Lastcontact", "X-Consul-Query-Backend"];

    /// <summary>Only the index headers come on top (intentions DEF-6).</summary>
    public static Deviation IndexHeaders { get; } = new("DEF-6", QueryHeaders);

    /// <summary>What was recorded of a streaming back end, without one (services HLT-7).</summary>
    /// <param name="cache">Of <c>X-Cache</c>, when that differs, too: then there is no <c>Age</c>.</param>
    public static Deviation WithoutStreaming(string? cache = null)
    {
        Dictionary<string, string?> others = new() { ["X-Consul-Knownleader"] = "true", ["X-Consul-Query-Backend"] = "blocking-query" };
        if (cache is not null)
        {
            (others["X-Cache"], others["Age"]) = (cache, null);
        }

        return new Deviation("HLT-7", []) { OtherHeaders = others };
    }

    /// <summary>The headers that are expected.</summary>
    public JsonObject HeadersOf(JsonObject recorded)
    {
        var headers = recorded["headers"]?.DeepClone().AsObject() ?? [];
        foreach (var (name, value) in OtherHeaders)
        {
            headers.Remove(name);
            if (value is not null)
            {
                headers[name] = value;
            }
        }

        return headers;
    }

    public static Deviation Answers(string rule, int status, string text) => new(
        rule,
        [],
        answer => answer.Status == status && answer.Body.Contains(text, StringComparison.Ordinal)
            ? null
            : $"answers {answer.Status} {answer.Body}, but {rule} asks for {status} {text}");
}
