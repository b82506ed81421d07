using System.Text.Json.Serialization;

namespace ConnectAgent.Client;

/// <summary>Whether a peer may connect.</summary>
/// <param name="Authorized">Whether it may.</param>
/// <param name="Reason">Why, in the agent's words.</param>
public sealed record Decision(bool Authorized, string Reason);

internal sealed record AuthorizeBody(string Target, [property: JsonPropertyName("ClientCertURI")] string ClientCertUri, string ClientCertSerial);

internal sealed record AuthorizeHttpBody(
    string Target,
    [property: JsonPropertyName("ClientCertURI")] string ClientCertUri,
    string ClientCertSerial,
    string Method,
    string Path,
    Dictionary<string, IReadOnlyList<string>> Headers);
