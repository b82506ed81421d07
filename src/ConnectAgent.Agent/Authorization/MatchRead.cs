using System.Text.Json.Serialization;
using ConnectAgent.Agent.Servers;
using ConnectAgent.Agent.Servers.Transport;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Intentions;
using ConnectAgent.Protocol.Json;

namespace ConnectAgent.Agent.Authorization;

/// <summary>
/// Reads the intentions of one or more names, wildcards included, in PREC-2 order (intentions MAT-3): one match for each name, in their order.
/// Destinations compare without regard to ASCII letter case, sources with.
/// </summary>
internal sealed class MatchRead : IServerReadKind<MatchNames, IReadOnlyList<IntentionMatch>>
{
    public static MatchRead Instance { get; } = new();

    public string Name => "match";

    public string TargetOf(MatchNames request) =>
        // The API splits at the slash. Asking for the wildcards alone could miss a rule that denies, so this fails closed.
        request.Names.Any(name => name.Contains('/', StringComparison.Ordinal))
            ? throw new ServerException(FailureKind.Failed, "the servers cannot be asked for a name with a slash")
            : "/v1/connect/intentions/match?by=" + (request.ByDestination ? "destination" : "source")
                + string.Concat(request.Names.Select(name => "&name=" + Uri.EscapeDataString(name))) + "&";

    /// <inheritdoc/>
    /// <exception cref="ServerException">Garbage; also an answer that leaves a name out, for a missing list must not read as "no rules".</exception>
    public IReadOnlyList<IntentionMatch> Decode(MatchNames request, ConsulAnswer answer)
    {
        var reply = answer.Parse(MatchJson.Default.DictionaryStringIReadOnlyListConsulIntention);
        return [.. request.Names.Select(name => Match(name))];

        IntentionMatch Match(string name)
        {
            if (!reply.TryGetValue(name, out var list))
            {
                throw answer.Garbage("a name that was asked for is missing");
            }

            if (list is not null && list.Any(intention => intention is null || intention.Permissions?.Any(permission => permission is null) == true))
            {
                throw answer.Garbage("an intention is null");
            }

            // PREC-2, whatever order they came in: which one wins is decided here.
            var ours = (list ?? []).Where(intention => intention!.IsOurs).Select(intention => intention!.ToIntention())
                .Order(IntentionPrecedence.Order).ToList();
            return request.ByDestination ? IntentionMatch.ForDestination(ours) : IntentionMatch.ForSource(ours);
        }
    }
}

/// <summary>A missing field that is required, or a null where none may be, is garbage.</summary>
[JsonSourceGenerationOptions(Converters = [typeof(Rfc3339Converter)], RespectNullableAnnotations = true)]
[JsonSerializable(typeof(Dictionary<string, IReadOnlyList<ConsulIntention?>?>))]
internal sealed partial class MatchJson : JsonSerializerContext;
