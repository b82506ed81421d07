namespace ConnectAgent.Protocol.Text;

/// <summary>The words for true and false that Go's <c>strconv.ParseBool</c> takes.</summary>
public static class GoBool
{
    /// <summary>Reads one; null for any other word.</summary>
    public static bool? Parse(string word) => word switch
    {
        "1" or "t" or "T" or "TRUE" or "true" or "True" => true,
        "0" or "f" or "F" or "FALSE" or "false" or "False" => false,
        _ => null,
    };
}
