namespace ConnectAgent.Configuration;

/// <summary>What a key that is set does to this agent.</summary>
internal enum KeyEffect
{
    /// <summary>It is acted on.</summary>
    Acts,

    /// <summary>It is accepted and checked, and changes nothing: the log, <c>validate</c> and a reload say so.</summary>
    None,

    /// <summary>It is not acted on, and without it more would get in than the file says: it stops the start.</summary>
    Guards,
}
