namespace ConnectAgent.Configuration;

/// <summary>A configuration that stops the start; the message is the exact text of config-and-cli sections 1 and 2.</summary>
internal sealed class ConfigurationException(string message) : Exception(message)
{
    /// <summary>The reference's list form: a count, then one line each, then an empty line.</summary>
    public static string List(IReadOnlyList<string> errors) => Protocol.Errors.ListError.Of(errors);
}
