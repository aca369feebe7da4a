"""How characters sound, without tones, and what a run of letters may say in pinyin.

GB/T 2312 orders its 3,755 common characters by their reading, so the first character of each
syllable tells the readings of all. A few characters of medicine outside that list are added.
"""

from __future__ import annotations

import re
from functools import cache

_FIRST = (
    "a啊 ai埃 an鞍 ang肮 ao凹 ba芭 bai白 ban斑 bang邦 bao苞 bei杯 ben奔 beng崩 bi逼 bian鞭 "
    "biao标 bie鳖 bin彬 bing兵 bo玻 bu捕 ca擦 cai猜 can餐 cang苍 cao操 ce厕 ceng层 cha插 chai拆 "
    "chan搀 chang昌 chao超 che车 chen郴 cheng撑 chi吃 chong充 chou抽 chu初 chuai揣 chuan川 "
    "chuang疮 chui吹 chun春 chuo戳 ci疵 cong聪 cou凑 cu粗 cuan蹿 cui摧 cun村 cuo磋 da搭 dai呆 "
    "dan耽 dang当 dao刀 de德 deng蹬 di堤 dian颠 diao碉 die跌 ding丁 diu丢 dong东 dou兜 du督 "
    "duan端 dui堆 dun墩 duo掇 e蛾 en恩 er而 fa发 fan藩 fang坊 fei菲 fen芬 feng丰 fo佛 fou否 fu夫 "
    "ga噶 gai该 gan干 gang冈 gao篙 ge哥 gei给 gen根 geng耕 gong工 gou钩 gu辜 gua刮 guai乖 guan棺 "
    "guang光 gui瑰 gun辊 guo锅 ha哈 hai骸 han酣 hang夯 hao壕 he呵 hei嘿 hen痕 heng哼 hong轰 "
    "hou喉 hu呼 hua花 huai槐 huan欢 huang荒 hui灰 hun荤 huo豁 ji击 jia嘉 jian歼 jiang僵 jiao蕉 "
    "jie揭 jin巾 jing荆 jiong炯 jiu揪 ju鞠 juan捐 jue撅 jun均 ka喀 kai开 kan刊 kang康 kao考 ke坷 "
    "ken肯 keng坑 kong空 kou抠 ku枯 kua夸 kuai块 kuan宽 kuang匡 kui亏 kun坤 kuo括 la垃 lai莱 "
    "lan蓝 lang琅 lao捞 le勒 lei雷 leng棱 li厘 lia俩 lian联 liang粮 liao撩 lie列 lin琳 ling玲 "
    "liu溜 long龙 lou楼 lu芦 lv驴 luan峦 lve掠 lun抡 luo萝 ma妈 mai埋 man瞒 mang芒 mao猫 me么 "
    "mei玫 men门 meng萌 mi眯 mian棉 miao苗 mie蔑 min民 ming明 miu谬 mo摸 mou谋 mu拇 na拿 nai氖 "
    "nan南 nang囊 nao挠 ne呢 nei馁 nen嫩 neng能 ni妮 nian蔫 niang娘 niao鸟 nie捏 nin您 ning柠 "
    "niu牛 nong脓 nu奴 nv女 nuan暖 nve虐 nuo挪 o哦 ou欧 pa啪 pai拍 pan攀 pang乓 pao抛 pei呸 "
    "pen喷 peng砰 pi坯 pian篇 piao飘 pie撇 pin拼 ping乒 po坡 pou剖 pu扑 qi期 qia掐 qian牵 "
    "qiang枪 qiao橇 qie切 qin钦 qing青 qiong琼 qiu秋 qu趋 quan圈 que缺 qun裙 ran然 rang瓤 rao饶 "
    "re惹 ren壬 reng扔 ri日 rong戎 rou揉 ru茹 ruan软 rui蕊 run闰 ruo若 sa撒 sai腮 san三 sang桑 "
    "sao搔 se瑟 sen森 seng僧 sha莎 shai筛 shan珊 shang墒 shao梢 she奢 shen砷 sheng声 shi师 "
    "shou收 shu蔬 shua刷 shuai摔 shuan栓 shuang霜 shui谁 shun吮 shuo说 si斯 song松 sou搜 su苏 "
    "suan酸 sui虽 sun孙 suo蓑 ta塌 tai胎 tan坍 tang汤 tao掏 te特 teng藤 ti梯 tian天 tiao挑 tie贴 "
    "ting厅 tong通 tou偷 tu凸 tuan湍 tui推 tun吞 tuo拖 wa挖 wai歪 wan豌 wang汪 wei威 wen瘟 "
    "weng嗡 wo挝 wu巫 xi昔 xia瞎 xian掀 xiang相 xiao萧 xie楔 xin薪 xing星 xiong兄 xiu休 xu墟 "
    "xuan轩 xue靴 xun勋 ya压 yan焉 yang殃 yao邀 ye椰 yi一 yin茵 ying英 yo哟 yong拥 you幽 yu迂 "
    "yuan鸳 yue曰 yun耘 za匝 zai栽 zan咱 zang赃 zao遭 ze责 zei贼 zen怎 zeng增 zha扎 zhai摘 "
    "zhan瞻 zhang樟 zhao招 zhe遮 zhen珍 zheng蒸 zhi芝 zhong中 zhou舟 zhu珠 zhua抓 zhuai拽 "
    "zhuan专 zhuang桩 zhui椎 zhun谆 zhuo捉 zi兹 zong鬃 zou邹 zu租 zuan钻 zui嘴 zun尊 zuo昨"
)
"""Each syllable and the first character that has it, in the order of the standard."""

_RARER = (
    "jia伽 tuo佗 jiao佼 gua卦 zha吒 bi吡 ling呤 lie咧 mi咪 pai哌 geng哽 zuo唑 ding啶 hai嗨 du嘟 "
    "lu噜 xue噱 yan妍 yuan媛 pi媲 jie孑 jue孢 gan尴 ga尬 dian巅癜癫 chan忏 hu斛 qi杞 gou枸 hua桦 "
    "bing槟 lan榄 cheng橙枨 mu沐 pan泮 bao煲孢 yu瑜 zhang璋 zai甾 shan疝 you疣莠 pao疱 zhi痣 "
    "cuo痤 sha痧 xian痫 fei痱 wei痿葳 hou瘊 lou瘘 sao瘙 huang癀 gao睾 qu祛胠 dou窦 xie缬 qiang羟 "
    "tai肽 jia胛 guang胱 ka胩 nan腩 lin膦 ling苓 ju苣 gan苷 xun荨 qian荨 liang莨 jian菅 bao葆 "
    "shen葚 hao薅 li藜疠 li蛎 cha衩 liu遛 ta遢 la邋 ding酊 gan酐 zhi酯 xian酰 ju钜 dang铛 he颌 "
    "biao飙 yi驿 ao鳌 zhen鸩 nian黏 han鼾 bao龅 yin龈 pian翩 lun囵 ci茨 lin淋痳 zhu疰 huan痪 "
    "dan疸 jing胫痉"
)
_OTHER_READINGS = (
    "zhong重 zhang长 hang行 yue乐 shuai率 diao调 huan还 xie血 jiang降 pian便 shen参 chai差 "
    "zhuan传 dan弹 e恶 kuai会 jue角觉 qia卡 la落 mo没 mu模 jiang强 se塞 shai色 xing省 shuo数 "
    "ji系 jiao校 ye咽 za扎 she折 zhao着 zi仔 ze择 tiao调 chong重 chang长 xing行 le乐 lv率 hai还 "
    "xue血 xiang降 bian便 can参 cha差 chuan传 tan弹 wu恶 hui会 jiao角觉 ka卡 luo落 mei没 mo模 "
    "qiang强 sai塞 sheng省 xi系 xiao校 yan咽 zha扎 zhe折着 ji期奇给 fu脯 bo薄 bao薄 pi否 ju车 "
    "na那 di地的 de地得的 dei得 shi识似 zhi识 ping屏 bing屏 shan单 chan单 jia夹 lou露 lu露 "
    "nuan暖 ke壳 qiao壳 cang藏 zang藏 zheng症 fa发 liao了疗 le了"
)
_READING = re.compile(r"([a-z]+)([\u4e00-\u9fff]+)")
_TONED = str.maketrans("āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜüńň", "aaaaeeeeiiiioooouuuuvvvvvnn")
_LONGEST = 6
MOST_LETTERS = 48
_SPELT_OTHERWISE = {"lue": "lve", "nue": "nve"}


@cache
def readings() -> dict[str, str]:
    """The reading of every character that has one here, in letters without tone; ü is v."""
    first = {character: sound for sound, character in _pairs(_FIRST)}
    table: dict[str, str] = {character: sound for sound, character in _pairs(_RARER)}
    sound = ""
    for high in range(0xB0, 0xD8):
        for low in range(0xA1, 0xFA if high == 0xD7 else 0xFF):
            character = bytes((high, low)).decode("gb2312")
            sound = first.get(character, sound)
            table[character] = sound
    return table


@cache
def other_readings() -> dict[str, tuple[str, ...]]:
    """Further readings of characters that have several."""
    usual = readings()
    others: dict[str, tuple[str, ...]] = {}
    for sound, character in _pairs(_OTHER_READINGS):
        if usual.get(character) != sound:
            others[character] = (*others.get(character, ()), sound)
    return others


@cache
def syllables() -> frozenset[str]:
    """Every syllable of pinyin."""
    others = (sound for sounds in other_readings().values() for sound in sounds)
    return frozenset((*readings().values(), *others, "lue", "nue"))


def toneless(letters: str) -> str:
    """Pinyin without its tone marks and numbers."""
    return letters.translate(_TONED).rstrip("12345")


def spelled(letters: str) -> list[tuple[str, int, int]] | None:
    """The syllables of a run of plain letters with their places, None when it is no pinyin.

    Of several divisions the one with the longest first syllables is taken; nobody spells more than
    MOST_LETTERS without a break.
    """
    if len(letters) > MOST_LETTERS:
        return None
    dead: set[int] = set()

    def from_place(place: int) -> list[tuple[str, int, int]] | None:
        if place == len(letters):
            return []
        if place in dead:
            return None
        for end in range(min(len(letters), place + _LONGEST), place, -1):
            if letters[place:end] in syllables():
                rest = from_place(end)
                if rest is not None:
                    sound = _SPELT_OTHERWISE.get(letters[place:end], letters[place:end])
                    return [(sound, place, end), *rest]
        dead.add(place)
        return None

    return from_place(0)


def _pairs(table: str) -> list[tuple[str, str]]:
    return [(sound, c) for sound, characters in _READING.findall(table) for c in characters]
