using System.Text.Json.Nodes;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Limits;
using ConnectAgent.Protocol.Text;

namespace ConnectAgent.ControlPlane.ConfigEntries.Schema;

/// <summary>What went wrong while one entry was decoded (intentions CE-22, services CFG-3). A wrong type wins over unknown keys.</summary>
/// <param name="isStored">What is stored must be opened: numbers out of range are brought into it, and no bound holds.</param>
internal sealed class ConfigDecoding(bool isStored = false)
{
    // An answer is no place for a list as long as the body.
    [Limit("config_entries.errors", "errors", "left out of the answer")]
    private const int MostErrors = 100;

    private readonly List<string> _mismatches = [];
    private readonly List<string> _unknown = [];

    public void Mismatch(string path, string expected, string found) =>
        Add(_mismatches, $"'{path}' expected type '{expected}', got unconvertible type '{found}'");

    public void NoMap(string path, string found) => Add(_mismatches, $"'{path}' expected a map, got '{found}'");

    public void Unparsable(string path, string error) => Add(_mismatches, $"error decoding '{path}': {error}");

    public void Overflow(string path, JsonNode value, string goType)
    {
        if (!isStored)
        {
            Add(_mismatches, $"cannot parse '{path}', {value.ToJsonString()} overflows {goType}");
        }
    }

    /// <summary>Holds a list or map to its bound; null for none.</summary>
    /// <exception cref="ServerException">There are more than the bound allows.</exception>
    public void Bound(CountBound? bound, int count, string path)
    {
        if (!isStored)
        {
            bound?.Require(count, path);
        }
    }

    /// <summary>Holds a text to its bound; null for none.</summary>
    /// <exception cref="ServerException">It is longer than the bound allows.</exception>
    public void Bound(LengthBound? bound, string text, string path)
    {
        if (!isStored)
        {
            bound?.Require(text, path);
        }
    }

    public void Unknown(string path, bool isNamespace) => Add(
        _unknown, $"invalid config key {GoQuote.Of(path)}" + (isNamespace ? ", namespaces are a consul enterprise feature" : string.Empty));

    /// <summary>Ends the decoding.</summary>
    /// <exception cref="ConfigDecodeException">If anything was wrong.</exception>
    public void Finish()
    {
        if (_mismatches.Count > 0)
        {
            throw new ConfigDecodeException(
                $"{_mismatches.Count} error(s) decoding:\n\n" + string.Join('\n', _mismatches.Select(text => "* " + text)));
        }

        if (_unknown.Count > 0)
        {
            throw new ConfigDecodeException(ListError.Of(_unknown));
        }
    }

    private static void Add(List<string> errors, string text)
    {
        if (errors.Count < MostErrors)
        {
            errors.Add(text);
        }
    }
}

/// <summary>A body that is no config entry; the message is the reference's, without the endpoint's prefix (CE-22).</summary>
internal sealed class ConfigDecodeException(string message) : Exception(message);
