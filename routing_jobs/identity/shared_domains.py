"""Domains many unrelated people share, so that they never name a company. Data only."""

# Consumer mail providers, by use in Europe, the Americas and Asia.
_FREE_MAIL_DOMAINS_WORDS = """
    gmail.com googlemail.com outlook.com outlook.de outlook.fr hotmail.com hotmail.co.uk hotmail.de
    hotmail.fr hotmail.it hotmail.es live.com live.de live.co.uk live.fr live.nl msn.com yahoo.com
    yahoo.co.uk yahoo.de yahoo.fr yahoo.it yahoo.es yahoo.co.in yahoo.co.jp yahoo.com.br ymail.com
    rocketmail.com aol.com icloud.com me.com mac.com gmx.com gmx.de gmx.net gmx.at gmx.ch web.de t-online.de
    freenet.de arcor.de mail.com email.com mail.ru bk.ru inbox.ru list.ru yandex.ru yandex.com rambler.ru
    ukr.net proton.me protonmail.com pm.me tutanota.com tuta.io posteo.de mailbox.org hey.com fastmail.com
    fastmail.fm hushmail.com zoho.com zohomail.com orange.fr wanadoo.fr free.fr laposte.net sfr.fr neuf.fr
    libero.it virgilio.it alice.it tiscali.it tin.it telefonica.net terra.com.br uol.com.br bol.com.br
    ig.com.br btinternet.com sky.com talktalk.net virginmedia.com ntlworld.com comcast.net verizon.net
    att.net sbcglobal.net bellsouth.net cox.net charter.net earthlink.net juno.com shaw.ca rogers.com
    sympatico.ca bigpond.com optusnet.com.au xtra.co.nz qq.com 163.com 126.com sina.com sohu.com naver.com
    hanmail.net daum.net rediffmail.com wp.pl o2.pl onet.pl interia.pl seznam.cz centrum.cz bluewin.ch
    hispeed.ch ziggo.nl kpnmail.nl xs4all.nl home.nl telenet.be skynet.be telia.com online.no walla.co.il
"""
FREE_MAIL_DOMAINS = frozenset(_FREE_MAIL_DOMAINS_WORDS.split())

# Social networks and builders whose pages a lead may give as its website.
_HOST_DOMAINS_WORDS = """
    facebook.com linkedin.com instagram.com x.com twitter.com xing.com youtube.com google.com wordpress.com
    blogspot.com wixsite.com weebly.com squarespace.com jimdo.com jimdosite.com github.io myshopify.com
    webflow.io sites.google.com linktr.ee
"""
HOST_DOMAINS = frozenset(_HOST_DOMAINS_WORDS.split())
